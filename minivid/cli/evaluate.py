"""`minivid evaluate`: every metric of the course over a model, a file of clips or a folder of videos, with real clips beside them."""

import json as json_format
import shlex
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from minivid.cli.refuse import BadInput, at_least, sentences

if TYPE_CHECKING:
    from minivid.metrics.measure import Clips
    from minivid.metrics.report import Report

CLIPS, FRAMES, SIDE = 256, 16, 32


def evaluate(
    what: Positional[Annotated[str | None, arg(metavar="NAME|FOLDER|FILE.npz")]] = None,
    all: bool = False,
    against: Annotated[str | None, arg(metavar="NAME|FOLDER|FILE.npz")] = None,
    n: int = CLIPS,
    seed: int = 0,
    json: Annotated[Path | None, arg(metavar="FILE")] = None,
    html: Annotated[Path | None, arg(metavar="FILE")] = None,
    steps: int = 50,
    guidance: float = 3.0,
    frames: int = FRAMES,
    size: int = SIDE,
    quiet: bool = False,
) -> int:
    """Score clips: how they move, what they show, whether they keep their captions and the world's law, and how far they are from real ones.

    Every score comes with a bootstrap interval, what real clips get, and its protocol. A model is sampled first. Clips of the world of
    moving digits (a model's, or a file's with captions) are held against the simulator; others against what --against names.

    Args:
        what: A model (a name or a file of weights), a file of clips (video: uint8 n t h w c, and perhaps caption), or a folder of videos.
        all: All models of the zoo that are here, in one report, between real clips and still pictures.
        against: Real clips to compare with: a folder, a file, or a model's name for the world that it was trained on.
        n: How many clips.
        seed: Of the captions, the noise, the real clips and the intervals.
        json: Write metric → value, interval, floor and protocol to this file.
        html: Write a page with the tables and the best, the median and the worst clips.
        steps: Steps from noise to clip (models only).
        guidance: How strongly captions are obeyed (models only).
        frames: Frames of a clip (folders only).
        size: Pixels of its side (folders only).
        quiet: No progress.
    """
    at_least(2, n=n, frames=frames)
    at_least(1, steps=steps)
    at_least(0, seed=seed)
    at_least(8, size=size)
    if (what is None) != all:
        raise BadInput("say what to evaluate: a model, a folder or a file.npz; or --all, and nothing else.")
    if all and against:
        raise BadInput("with --all every model is held against its own world; leave --against out.")
    with sentences():
        from minivid.show.files import check_path

        for path, suffix in ((json, ".json"), (html, ".html")):
            if path is not None:
                check_path(path, (suffix,))
        options = {"n": n, "seed": seed, "steps": steps, "guidance": guidance, "quiet": quiet}
        if all:
            from minivid.evaluation import whole_zoo
            from minivid.metrics.report import side_by_side

            found = whole_zoo(**options)
            print(side_by_side([report for report, _ in found]))
        else:
            found = [one(what, against, frames=frames, size=size, **options)]
            print(found[0][0].table())
        asked = {"--against": against, "--n": n, "--seed": seed, "--steps": steps, "--guidance": guidance}
        asked |= {"--frames": frames, "--size": size}
        write(found, json, html, "--all" if all else what, again("--all" if all else what, asked))
    return 0


def one(
    what: str, against: str | None, n: int, seed: int, steps: int, guidance: float, frames: int, size: int, quiet: bool
) -> "tuple[Report, Clips]":
    """The report of one set of clips. Raises BadInput, ValueError or FileNotFoundError, in a sentence."""
    check_kind(what)
    if against:
        check_kind(against)
    from minivid import evaluation, zoo
    from minivid.cli import subject

    clips, world, real, learnt = None, None, None, None
    if Path(what).suffix == ".npz":
        clips = subject.from_npz(Path(what), n)
        world = subject.world_of(clips)
    elif not Path(what).is_dir():
        model = zoo.find(what)
        clips, world = evaluation.sampled(model, n, seed, steps, guidance, quiet), model.world
        learnt = evaluation.learnt_from(model, 4 * n)
    shape = (frames, (size, size)) if clips is None else (clips.video.shape[2], tuple(clips.video.shape[-2:]))
    if against and Path(against).suffix == ".npz":
        real = subject.from_npz(Path(against), None)
        shape = shape if clips else (real.video.shape[2], tuple(real.video.shape[-2:]))
    elif against and Path(against).is_dir():
        real = subject.from_folder(Path(against), 2 * n, seed + 1, *shape)
    elif against:
        world = worlds_of(against)[0]
    clips = clips or subject.from_folder(Path(what), n, seed, *shape)
    if real is None and world is not None:
        real = evaluation.real(world, 2 * len(clips.video), seed)
    if real is not None:
        both = subject.matched(clips.video, real.video), subject.matched(real.video, clips.video)
        clips, real = replace(clips, video=both[0]), replace(real, video=both[1])
        learnt = subject.matched(learnt, real.video) if learnt is not None else None
    return evaluation.report_on(clips, real, world, evaluation.jury(), learnt, seed, quiet), clips


def check_kind(what: str) -> None:
    """Raise BadInput for what is neither a folder, an .npz nor a model's name or weights."""
    from minivid import zoo

    path = Path(what)
    if path.is_dir() or path.suffix in (".npz", ".safetensors"):
        return
    if path.suffix or path.name != what:
        raise BadInput(
            f"{what} is no folder and ends in {path.suffix or 'nothing'}; expected an .npz of clips, a .safetensors of weights, a model's "
            "name, or a folder of videos (a single video: put it into a folder)."
        )
    zoo.recipe(what)


def worlds_of(name: str):
    """The worlds that a model was trained on. Raises BadInput for one without."""
    from minivid.cli.world import worlds_like

    return worlds_like(name)


def write(found: "list[tuple[Report, Clips]]", json: Path | None, html: Path | None, what: str, command: str) -> None:
    """The files that were asked for."""
    from minivid.metrics.page import page
    from minivid.show import files

    reports = [report.as_dict() for report, _ in found]
    content = {"command": command, **(reports[0] if len(reports) == 1 else {"reports": reports})}
    if json is not None:
        text = json_format.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
        files.write(json, {".json": lambda: text.encode()})
        print(json)
    if html is not None:
        title = f"Evaluation of {what}" if what != "--all" else "Evaluation of the zoo"
        files.write(html, {".html": lambda: page(found, title, command).encode()})
        print(html)


def again(what: str, asked: dict[str, object]) -> str:
    """The command that makes the report again, without what is usual."""
    import inspect

    usual = {f"--{name}": parameter.default for name, parameter in inspect.signature(evaluate).parameters.items()}
    words = [part for name, value in asked.items() if value != usual[name] for part in (name, str(value))]
    return shlex.join(["minivid", "evaluate", what, *words])
