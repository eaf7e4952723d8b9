"""`minivid evaluate`: every metric of the course over a model, a file of clips or a folder of videos, with real clips beside them."""

import json as json_format
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, arg

from minivid.cli.errors import BadInput, at_least, sentences

if TYPE_CHECKING:
    from minivid.evaluation.report import Report
    from minivid.evaluation.subject import Subject

CLIPS, FRAMES, SIDE = 256, 16, 32


def evaluate(
    what: Positional[Annotated[str | None, arg(metavar="NAME|FOLDER|FILE.npz")]] = None,
    all: bool = False,
    against: Annotated[str | None, arg(metavar="NAME|FOLDER|FILE.npz")] = None,
    n: int = CLIPS,
    seed: int = 0,
    json: Annotated[Path | None, arg(metavar="FILE")] = None,
    html: Annotated[Path | None, arg(metavar="FILE")] = None,
    steps: int | None = None,
    guidance: float | None = None,
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
        steps: Steps from noise to clip (models only). Without it 50; of a distilled model, those that it has learnt.
        guidance: How strongly captions are obeyed (models only). Without it 3; of a distilled model 1.
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
        from minivid.evaluation.jury import jury
        from minivid.evaluation.report import report_on, side_by_side
        from minivid.evaluation.subject import Wanted, both, every_model

        wanted = Wanted(n, seed, steps, guidance, frames, (size, size), quiet)
        pairs = every_model(wanted) if all else [both(what, against, wanted)]
        judges = jury()
        found = [(report_on(subject, beside, judges, seed, quiet), subject) for subject, beside in pairs]
        print(side_by_side([report for report, _ in found]) if all else found[0][0].table())
        asked = {"--against": against, "--n": n, "--seed": seed, "--steps": steps, "--guidance": guidance}
        asked |= {"--frames": frames, "--size": size}
        write(found, json, html, "--all" if all else what, again("--all" if all else what, asked))
    return 0


def write(found: "list[tuple[Report, Subject]]", json: Path | None, html: Path | None, what: str, command: str) -> None:
    """The files that were asked for."""
    from minivid.evaluation.page import page
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
