"""7.2: noise that is moved."""

from functools import partial

import torch
from torch import Tensor

from minivid.adapt.zeroshot import mirrored, moved
from minivid.chapters.ch07.told import the_only_one
from minivid.course.exercise import Arrays, Call, Exercise, Probe, returned

MARGIN = 3
"""So many pixels from the edge the probes of motion look no further."""


def _clip(seed: int, way: str = "still") -> dict:
    """Three frames of noise, wider than high, and their moves; the first frame stands."""
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(2, 2, 3, 9, 12, generator=generator)
    a, b = (1 + torch.randint(2, (2,), generator=generator)).tolist()  # 1 or 2
    by = {
        "still": [[0, 0], [0, 0], [0, 0]],
        "right": [[0, 0], [a, 0], [3, 0]],
        "both": [[0, 0], [a, -b], [-a, 3 - b]],
        "parts": [[0, 0], [a - 0.3, -0.7], [-a - 0.4, 1.2]],
        "edge": [[0, 0], [2 + a, 0], [-a, -1 - b]],
    }[way]
    return {"z": z, "by": torch.tensor(by, dtype=torch.float32)}


def _at(z: Tensor, by: Tensor, border: str = "mirror") -> Tensor:
    """Content moved by whole pixels, with another rule for what lies beyond the border."""
    *_, h, w = z.shape

    def inside(index: Tensor, size: int) -> Tensor:
        if border == "round":
            return index % size
        if border == "edge":
            return index.clamp(0, size - 1)
        if border == "middle":  # mirrored at the outermost pixel's middle
            return (size - 1) - ((index % (2 * size - 2)) - (size - 1)).abs()
        return mirrored(index, size)

    frames = []
    for k, (dx, dy) in enumerate(by.long().tolist()):
        rows, columns = torch.arange(h) - dy, torch.arange(w) - dx
        frame = z[:, :, k][..., inside(rows, h)[:, None], inside(columns, w)]
        if border == "nothing":
            known = ((rows >= 0) & (rows < h))[:, None] & (columns >= 0) & (columns < w)
            frame = frame * known
        frames.append(frame)
    return torch.stack(frames, 2)


def _between(z: Tensor, by: Tensor) -> Tensor:
    """Parts of a pixel by a mean of two neighbours along each axis."""
    whole, part = by.floor(), by - by.floor()
    mixed = 0
    for x in (0, 1):
        for y in (0, 1):
            share = (part[:, 0] if x else 1 - part[:, 0]) * (part[:, 1] if y else 1 - part[:, 1])
            mixed = mixed + share[:, None, None] * _at(z, whole + torch.tensor([x, y]))
    return mixed


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, by = inputs["z"], inputs["by"]
    whole, last = by.round(), by[-1:].expand_as(by).round()
    mistakes = {
        "It does not move.": z,
        "It moves the other way: a pixel must look up where its content was, q − by.": _at(z, -whole),
        "x and y are exchanged: by is (x, y), and z ends in h, w.": _at(z, whole.flip(1)),
        "y goes the other way: y counts downwards, as rows do.": _at(z, whole * torch.tensor([1, -1])),
        "All frames move as the last one does.": _at(z, last),
        "All frames move as the second one does.": _at(z, by[1:2].expand_as(by).round()),
        "Every frame is the first one, moved: frame k's own content is what moves.": _at(
            z[:, :, :1].expand_as(z), whole
        ),
        "A move is cut to whole pixels, and should be rounded to the nearest.": _at(z, by.trunc()),
        "A move is rounded down, and should be rounded to the nearest.": _at(z, by.floor()),
        "Values are taken between pixels: a mean of noise is less than noise.": _between(z, by),
        "What leaves on one side comes in on the other.": _at(z, whole, "round"),
        "The outermost pixels are repeated: the border should be a mirror.": _at(z, whole, "edge"),
        "The border is black: nothing is found beyond it, and it should be a mirror.": _at(z, whole, "nothing"),
        "The mirror stands in the middle of the outermost pixels, which it does not repeat: −1 should be 0.": _at(
            z, whole, "middle"
        ),
    }
    right, found = _at(z, whole), next(iter(arrays.values()))
    if "middle" in arrays:
        right, mistakes = _middle(right), {sentence: _middle(value) for sentence, value in mistakes.items()}
    return the_only_one(found, right, mistakes)


def _middle(video: Tensor) -> Tensor:
    return video[..., MARGIN:-MARGIN, MARGIN:-MARGIN]


_moved = returned("moved")


def _away_from_the_edge(obj, inputs: dict) -> dict:
    """What came back where no probe of the border is needed; another shape comes whole, so that it is refused."""
    video = _moved(obj, inputs)["moved"]
    whole = isinstance(video, Tensor) and video.shape == inputs["z"].shape
    return {"middle": _middle(video)} if whole else {"moved": video}


_inner: Call = _away_from_the_edge
EXERCISE = Exercise(
    id="7.2",
    title="Noise that moves",
    points=3,
    stars=2,
    minutes=20,
    reference=moved,
    probes=(
        Probe(
            "no motion",
            (
                "Where nothing moves, something changes.",
                "A zero move must give every pixel its own value: no half pixel, no mean.",
                "`torch.arange(w) - dx` is `torch.arange(w)` at dx = 0.",
            ),
            _clip,
            _moved,
            _agrees,
        ),
        Probe(
            "to the right",
            (
                "A move to the right does not come out right, away from the border.",
                "Content that moved by dx is found dx further right: pixel q shows what was at q − dx. Each frame has a move of its own.",
                "`z[:, :, k][..., mirrored(torch.arange(w) - dx, w)]`, for frame k with `dx, dy = by[k].round().long().tolist()`.",
            ),
            partial(_clip, way="right"),
            _inner,
            _agrees,
        ),
        Probe(
            "both ways",
            (
                "To the right is right; with up and down it is not.",
                "The second number counts downwards, as rows do.",
                "Rows by `torch.arange(h) - dy`, columns by `torch.arange(w) - dx`, with `dx, dy = by[k].round().long().tolist()`.",
            ),
            partial(_clip, way="both"),
            _inner,
            _agrees,
        ),
        Probe(
            "parts of a pixel",
            (
                "Whole pixels are right, parts of one are not.",
                "A move by 1.7 pixels is one by 2: the nearest whole number, so that noise stays noise.",
                "`by.round().long()`.",
            ),
            partial(_clip, way="parts"),
            _inner,
            _agrees,
        ),
        Probe(
            "the border",
            (
                "Away from the border it is right; at the border it is not.",
                "What comes in from outside is the picture mirrored at its edge: column −1 is column 0.",
                "`mirrored(torch.arange(w) - dx, w)`, with `dx, dy = by[k].round().long().tolist()`, and so for the rows.",
            ),
            partial(_clip, way="edge"),
            _moved,
            _agrees,
        ),
    ),
)
