"""`minivid evaluate`: every metric of the course over a model, a file of clips or a folder of videos, with real clips beside them."""

import json as json_format
import shlex
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from minivid.cli.place import BadInput, at_least, sentences

if TYPE_CHECKING:
    from minivid.metrics.measure import Clips, Judges
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
        found = every_model(**options) if all else [one(what, against, frames=frames, size=size, **options)]
        reports = [report for report, _ in found]
        print(side_by_side(reports) if all else reports[0].table())
        asked = {"--against": against, "--n": n, "--seed": seed, "--steps": steps, "--guidance": guidance}
        asked |= {"--frames": frames, "--size": size}
        write(found, json, html, "--all" if all else what, again("--all" if all else what, asked))
    return 0


def one(
    what: str, against: str | None, n: int, seed: int, steps: int, guidance: float, frames: int, size: int, quiet: bool
) -> "tuple[Report, Clips]":
    """The report of one set of clips. Raises BadInput, ValueError or FileNotFoundError, in a sentence."""
    from minivid.cli import subject

    check_kind(what)
    if against:
        check_kind(against)
    clips, world, real = None, None, None
    if Path(what).suffix == ".npz":
        clips = subject.from_npz(Path(what), n)
        world = subject.world_of(clips)
    elif not Path(what).is_dir():
        clips, world = of_model(what, n, seed, steps, guidance, quiet)
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
        real = subject.real(world, 2 * len(clips.video), seed)
    if real is not None:
        both = subject.matched(clips.video, real.video), subject.matched(real.video, clips.video)
        clips, real = replace(clips, video=both[0]), replace(real, video=both[1])
    return scored(clips, real, world, judges(), seed, quiet), clips


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


def of_model(what: str, n: int, seed: int, steps: int, guidance: float, quiet: bool):
    """(clips, world) of a model."""
    from minivid import zoo
    from minivid.cli.subject import sampled

    model = zoo.find(what)
    return sampled(model, n, seed, steps, guidance, quiet), model.world


def judges() -> "Judges":
    """The course's networks; and I3D, where the environment says that it is here."""
    import os

    from minivid import judges as course
    from minivid.metrics.features import extractors
    from minivid.metrics.measure import Judges
    from minivid.metrics.pretrained import I3D_VARIABLE, i3d

    motion, text = course.load("judge-motion"), course.load("judge-text")
    film, looks = extractors(motion.net, motion.name, motion.sha256)
    more = (i3d(),) if os.environ.get(I3D_VARIABLE) else ()
    return Judges(film, looks, text.net, f"judge-text {text.sha256[:12]}", more)


def scored(clips: "Clips", real: "Clips | None", world, jury: "Judges", seed: int, quiet: bool) -> "Report":
    """The report, with a progress line."""
    from minivid.metrics.measure import simulator
    from minivid.metrics.scoring import PARTS, check, evaluate
    from minivid.progress import Progress

    check(clips, real)
    sim = simulator(world, seed) if world is not None else None
    training = world.sample(4 * len(clips.video), (seed, 2)).video if world is not None else None
    if training is not None and training.shape[1:] != clips.video.shape[1:]:
        training = None
    with Progress(PARTS, "part", quiet=quiet) as bar:
        return evaluate(clips, jury, real, sim, training, seed, done=lambda part: bar.update(after=part))


def every_model(n: int, seed: int, steps: int, guidance: float, quiet: bool) -> "list[tuple[Report, Clips]]":
    """Every model of the zoo whose weights are here, each after its world's own clips and their first frames held."""
    from minivid import zoo
    from minivid.cli import subject
    from minivid.metrics.measure import Clips

    names = [name for name in zoo.RECIPES if (zoo.WEIGHTS / f"{name}.safetensors").is_file()]
    if not names:
        raise BadInput("no model of the zoo is here; `minivid zoo` lists the commands that make them.")
    jury, found, seen = judges(), [], []
    for name in names:
        model = zoo.load(name)
        if model.world is None:
            continue
        real = subject.real(model.world, 2 * n, seed)
        if model.world not in seen:
            seen.append(model.world)
            again = model.world.sample(n, (seed, 3))
            held = again.video[:, :, :1].expand_as(again.video).contiguous()
            for title, video in (("real clips", again.video), ("still pictures", held)):
                clips = Clips(title if len(seen) == 1 else f"{title} of {name}", video, again.caption)
                found.append((scored(clips, real, model.world, jury, seed, quiet), clips))
        clips = subject.sampled(model, n, seed, steps, guidance, quiet)
        found.append((scored(clips, real, model.world, jury, seed, quiet), clips))
    return found


def side_by_side(reports: "Sequence[Report]") -> str:
    """A column for each report: values, and below them what was said of each."""
    from minivid.metrics.report import ARROWS, number

    rows = {row.key: row.metric for report in reports for row in report.rows}
    cells = [("", *(report.name for report in reports)), ("moves", *("yes" if r.moves else "NO" for r in reports))]
    for key, metric in rows.items():
        scores = [next((row.score for row in report.rows if row.key == key), None) for report in reports]
        values = [f"{number(s.value)} [{number(s.low)}, {number(s.high)}]" if s else "–" for s in scores]
        cells.append((f"{metric.name}{f' ({metric.unit})' if metric.unit else ''} {ARROWS[metric.better]}", *values))
    wide = [max(len(row[i]) for row in cells) for i in range(len(cells[0]))]
    lines = [
        f"{row[0]:{wide[0]}}  " + "  ".join(f"{c:>{w}}" for c, w in zip(row[1:], wide[1:], strict=True))
        for row in cells
    ]
    protocols = dict.fromkeys(text for report in reports for text in report.protocols())
    said = [f"{report.name}: {report.verdict}" for report in reports]
    return "\n".join([*lines, "", *said, "", *protocols])


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
