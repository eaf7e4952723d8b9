"""What is scored, and what it is held against: both are a `Subject`, and both are read by `read` (chapter 8; tests/evaluation/test_subject.py)."""

import math
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.batches import clips_of
from minivid.data.captions import parse
from minivid.data.clips import VideoFolder
from minivid.data.video import from_uint8
from minivid.data.world import World
from minivid.enlarging import Enlarging
from minivid.run import clip_of
from minivid.train import Step


@dataclass(frozen=True)
class Subject:
    """Clips, where they come from, and what may be asked of them beside how they move and look."""

    name: str
    video: Float[Tensor, "n c t h w"]
    caption: list[str] | None = None
    """Do they keep what was asked for?"""
    made: str = ""
    """How they were made, in a sentence."""
    world: World | None = None
    """Do they keep its law?"""
    learnt: Float[Tensor, "m *clip"] | None = None
    """Are they copies of these, from which their model has learnt?"""
    notes: tuple[str, ...] = ()
    """What was found amiss with what came with them, in sentences."""


@dataclass(frozen=True)
class Wanted:
    """How many clips are wanted, by which seed; how a model draws them; and the shape that a folder's are brought to."""

    n: int
    seed: int = 0
    steps: int | None = None
    guidance: float | int | None = None
    frames: int = 16
    size: tuple[int, int] = (32, 32)
    quiet: bool = True

    def shaped(self, like: Subject) -> "Wanted":
        """The same, of the shape of these clips."""
        return replace(self, frames=like.video.shape[2], size=tuple(like.video.shape[-2:]))


def both(what: str, against: str | None, wanted: Wanted) -> tuple[Subject, Subject | None]:
    """What is scored, and what it is held against: what is named, else clips of its own world, else nothing.

    `what` and `against`: a model (its name, or a file of weights), an .npz of clips, or a folder of videos. Raises ValueError or an
    OSError, in a sentence.
    """
    for side in (what, against) if against else (what,):
        check_kind(side)
    if (
        against and Path(what).is_dir() and Path(against).suffix == ".npz"
    ):  # a folder's clips take the shape of a file's
        beside = read(against, wanted, real=True)
        return matched(read(what, wanted.shaped(beside)), beside)
    subject = read(what, wanted)
    if against:
        n = wanted.n if Path(against).is_dir() else len(subject.video)
        beside = read(against, replace(wanted.shaped(subject), n=2 * n), real=True)
        if beside.world is not None:
            subject = replace(subject, world=beside.world)
    elif subject.world is not None:
        beside = of_world(subject.world, 2 * len(subject.video), wanted.seed)
    else:
        return subject, None
    return matched(subject, beside)


def read(what: str, wanted: Wanted, real: bool = False) -> Subject:
    """The clips that `what` names. `real`: others are held against them; a model then stands for the world that it was trained on."""
    path = Path(what)
    if path.suffix == ".npz":
        if real:
            return of_file(path, None)
        subject = of_file(path, wanted.n)
        return replace(subject, world=world_of(subject))
    if path.is_dir():
        return of_folder(path, wanted.n, wanted.seed + real, wanted.frames, wanted.size)
    if real:
        return of_world(zoo.worlds_of(what)[0], wanted.n, wanted.seed)
    model = zoo.find(what)
    return replace(of_model(model, wanted), learnt=learnt_from(model, 4 * wanted.n))


def check_kind(what: str) -> None:
    """Raise ValueError for what is neither a folder, an .npz nor a model's name or weights."""
    path = Path(what)
    if path.is_dir() or path.suffix in (".npz", ".safetensors"):
        return
    if path.suffix or path.name != what:
        raise ValueError(
            f"{what} is no folder and ends in {path.suffix or 'nothing'}; expected an .npz of clips, a .safetensors of weights, a model's "
            "name, or a folder of videos (a single video: put it into a folder)."
        )
    zoo.recipe(what)


def every_model(wanted: Wanted) -> Iterator[tuple[Subject, Subject]]:
    """Every model whose weights are here, each after its world's own clips and their first frames held; and what each is held against.

    Raises ValueError where there is none.
    """
    names = [name for name in zoo.RECIPES if (zoo.WEIGHTS / f"{name}.safetensors").is_file()]
    if not names:
        raise ValueError("no model of the zoo is here; `minivid zoo` lists the commands that make them.")
    n, seed, seen = wanted.n, wanted.seed, []
    for name in names:
        model = zoo.load(name)
        if model.world is None or clip_of(model.world) != model.shape:  # a prior draws embeddings
            continue
        if isinstance(model.run.loss, Enlarging):
            continue
        beside, learnt = of_world(model.world, 2 * n, seed), learnt_from(model, 4 * n)
        if model.world not in seen:
            seen.append(model.world)
            again = model.world.sample(n, (seed, 3))
            held = again.video[:, :, :1].expand_as(again.video).contiguous()
            for title, video in (("real clips", again.video), ("still pictures", held)):
                title = title if len(seen) == 1 else f"{title} of {name}"
                yield Subject(title, video, again.caption, world=model.world, learnt=learnt), beside
        yield replace(of_model(model, wanted), learnt=learnt), beside


def of_model(model: zoo.Model, wanted: Wanted) -> Subject:
    """Clips of a model, to the captions of its first world, drawn as `minivid sample` draws them."""
    n, seed, usual = wanted.n, wanted.seed, model.usual
    steps = usual.steps if wanted.steps is None else wanted.steps
    guidance = usual.guidance if wanted.guidance is None else wanted.guidance
    captions = None
    if model.run.captions:
        captions = model.world.sample(n, (seed, 0)).caption
    whose = f"weights {model.manifest['sha256'][:12]}" if "sha256" in model.manifest else "weights of this session"
    made = (
        f"{model.name}: DDIM with eta {usual.eta:g}, {steps} step{'s' if steps != 1 else ''}, guidance {guidance:g}, "
        f"seed {seed}, {whose}."
    )
    video = zoo.draw(model, captions, n, seed, steps, guidance, usual.eta, wanted.quiet)
    return Subject(model.name, video, captions, made, model.world)


def learnt_from(model: zoo.Model, n: int) -> Float[Tensor, "n c t h w"] | None:
    """The last whole clips that a model was trained on, at most n, made again: what it would repeat, had it learnt any by heart.

    None where there are none: a model of someone's videos, one without a manifest, a run that was too short for whole clips.
    """
    if not model.run.worlds or not model.manifest:
        return None
    config, draw = model.run.training, clips_of(*model.run.worlds)
    whole = [step for step in range(config.steps) if config.parts(step) == 1][-math.ceil(n / config.batch) :]
    clips = [draw(config.batch, Step(config.seed, step).key)[0] for step in reversed(whole)]
    return torch.cat(clips)[:n] if clips else None


def of_world(world: World, n: int, seed: int = 0) -> Subject:
    """Clips of the simulator."""
    made = world.sample(n, (seed, 1))
    height, width = made.video.shape[-2:]
    digits = "one digit" if world.digits == 1 else f"{world.digits} digits"
    name = f"the simulator ({digits}, {world.frames} frames of {height}×{width})"
    return Subject(name, made.video, made.caption, world=world)


def of_folder(path: Path, n: int, seed: int, frames: int, size: tuple[int, int]) -> Subject:
    """n clips drawn from a folder of videos. Raises ValueError or FileNotFoundError where there is none that serves."""
    folder = VideoFolder(path, frames=frames, size=size)
    return Subject(f"{path.name} ({len(folder)} videos)", folder.sample(n, (seed,)))


def of_file(path: Path, n: int | None) -> Subject:
    """The clips in an .npz: `video` (uint8 n t h w c) and, where there is one, `caption`. Raises ValueError, in a sentence."""
    if not path.is_file():
        raise ValueError(f"there is no file {path}: expected an .npz of clips, a folder of videos, or a model's name.")
    if not zipfile.is_zipfile(path):
        raise ValueError(f"{path} is no whole .npz file: it was cut short or is something else.")
    try:
        with np.load(path) as file:
            names = list(file.files)
            video = file["video"] if "video" in names else None
            captions, notes = captions_in(file) if "caption" in names else (None, ())
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, MemoryError) as error:
        raise ValueError(f"{path} cannot be read ({error}).") from error
    except ValueError as error:
        raise ValueError(
            f"{path} holds objects instead of one array: its clips differ in shape, or it was pickled. Save `video` as uint8 n t h w c."
        ) from error
    if video is None:
        raise ValueError(
            f"{path} has no array 'video' (it has {', '.join(names) or 'none'}); expected uint8 n t h w c."
        )
    if not isinstance(video, np.ndarray):
        raise ValueError(
            f"'video' in {path} is no array but other bytes; expected uint8 n t h w c, as np.savez writes it."
        )
    if video.dtype != np.uint8:
        raise ValueError(f"'video' in {path} is {video.dtype}{unit_of(video)}; expected uint8, 0 to 255.")
    if video.ndim != 5 or video.shape[-1] not in (1, 3) or 0 in video.shape:
        raise ValueError(
            f"'video' in {path} has shape {video.shape}; expected n t h w c: clips, frames, height, width, 1 or 3 channels."
        )
    if video.max() == 1:
        raise ValueError(f"'video' in {path} holds only 0 and 1; expected levels from 0 to 255.")
    if captions is not None and len(captions) != len(video):
        raise ValueError(f"{path} has {len(video)} clips and {len(captions)} captions; expected one for each.")
    count = min(n or len(video), len(video))
    return Subject(path.name, from_uint8(video[:count]), captions[:count] if captions else None, notes=notes)


def captions_in(file: np.lib.npyio.NpzFile) -> tuple[list[str] | None, tuple[str, ...]]:
    """A file's captions, and a sentence where they are none: clips can be scored without."""
    try:
        found = np.atleast_1d(file["caption"])
    except ValueError:
        return None, ("Its captions are an array of objects, which is not read: save np.asarray(captions, dtype=str).",)
    if found.dtype.kind == "S":
        found = np.char.decode(found, "utf-8", "replace")
    if found.dtype.kind != "U" or found.ndim != 1:
        return None, (
            f"Its captions are {found.dtype} of shape {found.shape}; expected a row of words. They are left out.",
        )
    captions = [caption.strip() for caption in found.tolist()]
    return (captions, ()) if any(captions) else (None, ())


def unit_of(video: np.ndarray) -> str:
    """What the range of floats says of where they come from."""
    if not np.issubdtype(video.dtype, np.floating) or not video.size:
        return ""
    if not np.isfinite(video).all():
        return " with values that are no numbers"
    low, high = float(video.min()), float(video.max())
    if low >= 0 and high <= 1:
        return " in [0, 1] (times 255 makes it bytes)"
    if low >= -1 and high <= 1:
        return " in [-1, 1] (`minivid.data.video.to_uint8` makes it bytes)"
    return f" from {low:.4g} to {high:.4g}"


def world_of(clips: Subject) -> World | None:
    """The simulator's world that these captions speak of, at the clips' size; None where they are not of its language.

    The words decide: how many digits, which directions and speeds, whether something changes half-way.
    """
    if not clips.caption:
        return None
    _, channels, frames, height, width = clips.video.shape
    try:
        said = [parse(caption) for caption in dict.fromkeys(clips.caption)]
        if len({len(motions) for motions in said}) != 1:
            return None
        every = [motion for motions in said for motion in motions]
        changes = {
            "direction" if len(motion.directions) == 2 else "speed" if len(motion.speeds) == 2 else None
            for motion in every
        }
        if len(changes) != 1:
            return None
        directions = {word for motion in every for word in motion.directions}
        return World(
            frames=frames,
            size=height if height == width else (height, width),
            digits=len(said[0]),
            colour=channels == 3,
            directions=tuple(dict.fromkeys((*World().directions, *sorted(directions)))),
            change=changes.pop(),
        )
    except ValueError:
        return None


def matched(subject: Subject, beside: Subject) -> tuple[Subject, Subject]:
    """Both sides in colour, where one of them has it and the other is grey."""
    video, real = in_colours_of(subject.video, beside.video), in_colours_of(beside.video, subject.video)
    learnt = in_colours_of(subject.learnt, real) if subject.learnt is not None else None
    return replace(subject, video=video, learnt=learnt), replace(beside, video=real)


def in_colours_of(video: Float[Tensor, "n c t h w"], like: Float[Tensor, "m channels *other"]) -> Tensor:
    """Grey clips as colour, where those beside them have colour."""
    return video.expand(-1, like.shape[1], -1, -1, -1) if video.shape[1] == 1 else video
