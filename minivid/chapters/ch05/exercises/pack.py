"""5.6: who sees whom where clips of many sizes stand in one sequence."""

from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Bool
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, WrongAnswer
from minivid.nn.attention.core import ALL
from minivid.nn.attention.layout import of_pack
from minivid.nn.attention.places import grid

Sides = Sequence[tuple[int, int, int]]


def pack_mask(sides: Sides, causal: bool = False) -> Bool[Tensor, "n n"]:
    """True where token i may look at token j: tokens of one clip see each other; `causal`, none sees a later frame.

    sides: frames, rows and columns of each clip, in tokens; the clips stand one after the other.
    """
    return of_pack(ALL, [grid(*each) for each in sides], causal).visible[0]


def _sides(seed: int, alike: bool = False, causal: bool = False) -> dict:
    """Three clips, of one size (and several frames) or of different ones, no two of which have as many tokens."""
    generator = torch.Generator().manual_seed(seed)
    several = [(2, 2, 3), (3, 1, 2), (2, 5, 1), (4, 1, 2), (1, 4, 1)]
    if alike:
        return {"sides": [several[int(torch.randint(4, (), generator=generator))]] * 3, "causal": causal}
    return {"sides": [several[i] for i in torch.randperm(5, generator=generator)[:3].tolist()], "causal": causal}


def _ids(sides: Sides) -> tuple[Tensor, Tensor]:
    counts = torch.tensor([t * h * w for t, h, w in sides])
    clip = torch.arange(len(sides)).repeat_interleave(counts)
    frame = torch.cat([torch.arange(t).repeat_interleave(h * w) for t, h, w in sides])
    return clip, frame


def _same_size_blocks(sides: Sides, causal: bool) -> Tensor:
    """As if every clip were as long as the first."""
    n = len(_ids(sides)[0])
    size = torch.Size(sides[0]).numel()
    clip = torch.arange(n) // size
    return clip[:, None] == clip[None]


def _token_order(sides: Sides, causal: bool) -> Tensor:
    clip, _ = _ids(sides)
    return (clip[:, None] == clip[None]) & torch.ones(len(clip), len(clip), dtype=torch.bool).tril()


def _of_frames(sides: Sides, causal: bool) -> Tensor:
    _clip, frame = _ids(sides)
    return frame[:, None] >= frame[None]


def _own_frame(sides: Sides, causal: bool) -> Tensor:
    clip, frame = _ids(sides)
    return (clip[:, None] == clip[None]) & (frame[:, None] == frame[None])


def _future(sides: Sides, causal: bool) -> Tensor:
    clip, frame = _ids(sides)
    return (clip[:, None] == clip[None]) & (frame[:, None] <= frame[None])


def _clip_order(sides: Sides, causal: bool) -> Tensor:
    """Clips in the place of frames: each sees itself and those before."""
    clip, _ = _ids(sides)
    return clip[:, None] >= clip[None]


def _frames_innermost(sides: Sides, causal: bool) -> Tensor:
    """As if a clip's tokens ran through the frames first."""
    clip, _ = _ids(sides)
    frame = torch.cat([torch.arange(t).repeat(h * w) for t, h, w in sides])
    return (clip[:, None] == clip[None]) & (frame[:, None] >= frame[None])


def _first_frame_s_size(sides: Sides, causal: bool) -> Tensor:
    """As if each clip's frames had as many tokens as the first clip's."""
    clip, _ = _ids(sides)
    frame = torch.cat([torch.arange(t * h * w) // (sides[0][1] * sides[0][2]) for t, h, w in sides])
    return (clip[:, None] == clip[None]) & (frame[:, None] >= frame[None])


def _mask(obj, inputs: dict) -> dict:
    """Attention *adds* a mask of numbers to its scores: ones and zeros would run there, and hide nothing."""
    mask = obj(list(inputs["sides"]), inputs["causal"])
    if isinstance(mask, Tensor) and mask.dtype != torch.bool:
        raise WrongAnswer(
            f"the mask is of {str(mask.dtype)[6:]}; expected True and False (bool): attention adds a mask of numbers to its scores"
        )
    return {"visible": mask}


EXERCISE = Exercise(
    id="5.6",
    title="Many sizes in one sequence",
    points=3,
    stars=2,
    minutes=15,
    reference=pack_mask,
    answers=(pack_mask, of_pack),
    probes=(
        Probe(
            "clips of one size",
            (
                "With three clips of one size the mask is not three full blocks on the diagonal.",
                "Give each token the number of its clip: two tokens see each other where the numbers are equal.",
                "`clip[:, None] == clip[None, :]`, with `clip` as long as the sequence.",
            ),
            partial(_sides, alike=True),
            _mask,
            told_by(
                pack_mask,
                _mask,
                {
                    "All see all here: the clips read each other.": lambda sides, causal: torch.ones_like(
                        _token_order(sides, False)
                    ),
                    "It is the other way round: True should be where a token *may* look.": lambda sides, causal: (
                        ~pack_mask(sides)
                    ),
                    "A token does not see itself.": lambda sides, causal: (
                        pack_mask(sides) & ~torch.eye(len(_ids(sides)[0]), dtype=torch.bool)
                    ),
                    "The frames' numbers are compared, and the clips' should be.": lambda sides, causal: (
                        _ids(sides)[1][:, None] == _ids(sides)[1][None]
                    ),
                    "A token sees its own frame alone, and should see all of its clip.": _own_frame,
                    "Clips see those that stand before them.": _clip_order,
                    "It is causal though it should not be.": lambda sides, causal: pack_mask(sides, True),
                },
            ),
        ),
        Probe(
            "clips of different sizes",
            (
                "With clips of one size it is right, with different ones it is not.",
                "A clip has frames · rows · columns tokens; each clip has its own number of them.",
                "`torch.arange(len(sides)).repeat_interleave(torch.tensor([t * h * w for t, h, w in sides]))`.",
            ),
            _sides,
            _mask,
            told_by(pack_mask, _mask, {"All blocks are as large as the first.": _same_size_blocks}),
        ),
        Probe(
            "causal",
            (
                "Without `causal` the mask is right; with it, it is not.",
                "Within its clip a token sees its own frame, all of it, and the frames before: it is the frame's number that counts, not the token's.",
                "`& (frame[:, None] >= frame[None, :])`, where `frame` is the number of each token's frame in its clip.",
            ),
            partial(_sides, causal=True),
            _mask,
            told_by(
                pack_mask,
                _mask,
                {
                    "`causal` changes nothing.": lambda sides, causal: pack_mask(sides),
                    "It is the order of tokens here: a token does not see those behind it in its own frame.": _token_order,
                    "Frames of other clips are seen.": _of_frames,
                    "A token sees its own frame alone.": _own_frame,
                    "The future is seen and the past is not.": _future,
                    "A token does not see its own frame.": lambda sides, causal: (
                        pack_mask(sides, True) & ~_own_frame(sides, causal)
                    ),
                    "Clips that stand before are seen.": lambda sides, causal: (
                        pack_mask(sides, True) | (_clip_order(sides, causal) & ~pack_mask(sides))
                    ),
                    "The tokens of a frame stand together, so each frame's number is repeated: `repeat_interleave`.": _frames_innermost,
                    "All clips' frames have as many tokens as the first clip's here.": _first_frame_s_size,
                },
            ),
        ),
    ),
)
