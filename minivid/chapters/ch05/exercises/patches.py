"""5.1 and 5.2: a clip as tokens, and back."""

from functools import partial

import torch
from einops import rearrange
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, Promises, returned
from minivid.nn.transformer import patchify, unpatchify

PATCH = (2, 3)
CLIPS, CHANNELS, FRAMES, HEIGHT, WIDTH = 2, 3, 4, 6, 9


def _as(pattern: str):
    """Patches by another pattern of the way in."""
    return lambda x, patch: rearrange(x, pattern, f=patch[0], p=patch[1], q=patch[1])


def _numbered(seed: int) -> dict:
    """All pixels of a box hold the number of their box, of all clips' boxes."""
    shape = (CLIPS, FRAMES // 2, HEIGHT // 3, WIDTH // 3)
    order = torch.randperm(torch.Size(shape).numel(), generator=torch.Generator().manual_seed(seed)).float()
    x = order.reshape(shape).repeat_interleave(2, 1).repeat_interleave(3, 2).repeat_interleave(3, 3)
    return {"x": x[:, None].expand(-1, CHANNELS, -1, -1, -1).clone(), "patch": PATCH}


def _clips(seed: int) -> dict:
    x = torch.randn(CLIPS, CHANNELS, FRAMES, HEIGHT, WIDTH, generator=torch.Generator().manual_seed(seed))
    return {"x": x, "patch": PATCH}


def _other_sizes(seed: int) -> dict:
    """Another number of clips and of channels, other sides, another patch."""
    return {"x": torch.randn(1, 4, 6, 4, 8, generator=torch.Generator().manual_seed(seed)), "patch": (3, 2)}


IN = "b c (t f) (h p) (w q) -> b t h w"
_tokens = returned("tokens")

PATCHIFY = Exercise(
    id="5.1",
    title="A clip as tokens",
    points=2,
    stars=1,
    minutes=10,
    reference=patchify,
    answers=(patchify,),
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "a token is a box",
            (
                "In this clip all pixels of a box hold the number of their box; your tokens are not these numbers, each in its box's place.",
                "Look at the brackets of the way in: in (t f) with f the frames of a box, t counts boxes and f the frames within one.",
                '`rearrange(x, "b c (t f) (h p) (w q) -> …", f=patch[0], p=patch[1], q=patch[1])`.',
            ),
            _numbered,
            _tokens,
            told_by(
                patchify,
                _tokens,
                {
                    "A token here holds frames from all over the clip, and should hold neighbours.": _as(
                        "b c (f t) (h p) (w q) -> b t h w (c f p q)"
                    ),
                    "A token here holds rows and columns from all over the picture, and should hold neighbours.": _as(
                        "b c (t f) (p h) (q w) -> b t h w (c f p q)"
                    ),
                    "All axes were cut the other way round: a token holds pixels from all over the clip.": _as(
                        "b c (f t) (p h) (q w) -> b t h w (c f p q)"
                    ),
                    "Rows and columns of the tokens are exchanged: b, t, h, w.": _as(
                        "b c (t f) (h p) (w q) -> b t w h (c f p q)"
                    ),
                    "The tokens' time stands behind rows and columns: b, t, h, w.": _as(
                        "b c (t f) (h p) (w q) -> b h w t (c f p q)"
                    ),
                    "This is a `reshape`: it reads on along the last axis, over the edges of the boxes.": lambda x, patch: (
                        x.reshape(patchify(x, patch).shape)
                    ),
                },
            ),
        ),
        Probe(
            "order within a token",
            (
                "Each token holds the pixels of its box, in another order than asked for.",
                "A token's numbers are read channel by channel; in a channel frame by frame; in a frame row by row.",
                "`… -> b t h w (c f p q)`.",
            ),
            _clips,
            _tokens,
            told_by(
                patchify,
                _tokens,
                {
                    "Frames stand before channels here.": _as(f"{IN} (f c p q)"),
                    "Channels stand last here.": _as(f"{IN} (f p q c)"),
                    "Columns stand before rows here.": _as(f"{IN} (c f q p)"),
                    "All is turned round: pixels first, channels last.": _as(f"{IN} (p q f c)"),
                    "Rows stand before frames here.": _as(f"{IN} (c p f q)"),
                },
            ),
        ),
        Probe(
            "another patch",
            (
                "With patches of 2 × 3 × 3 it is right, with other patches, or other clips, it is not.",
                "Is a size written out as a number? The patch is an argument, and all else is read off the clip.",
                "`f, p = patch`, then `f=f, p=p, q=p` and nothing more.",
            ),
            _other_sizes,
            _tokens,
            told_by(patchify, _tokens, {}),
        ),
    ),
)


def _back(tokens: Tensor, patch: tuple[int, int], pattern: str) -> Tensor:
    return rearrange(tokens, pattern, f=patch[0], p=patch[1], q=patch[1])


def _out(pattern: str):
    """The way out by another pattern."""
    return lambda tokens, patch: _back(tokens, patch, pattern)


def _tokens_of(seed: int, clips) -> dict:
    given = clips(seed)
    return {"tokens": patchify(given["x"], given["patch"]).contiguous(), "patch": given["patch"]}


_clip = returned("clip")

UNPATCHIFY = Exercise(
    id="5.2",
    title="And back",
    points=1,
    stars=1,
    minutes=5,
    reference=unpatchify,
    answers=(unpatchify,),
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "boxes in their places",
            (
                "Each token holds one number here, and in your clip the boxes are not where they were.",
                "The way back is the way in, read from right to left.",
                "`… -> b c (t f) (h p) (w q)`: in (t f), t counts boxes.",
            ),
            partial(_tokens_of, clips=_numbered),
            _clip,
            told_by(
                unpatchify,
                _clip,
                {
                    "The frames of a box are spread over the clip.": _out("b t h w (c f p q) -> b c (f t) (h p) (w q)"),
                    "The rows and columns of a box are spread over the picture.": _out(
                        "b t h w (c f p q) -> b c (t f) (p h) (q w)"
                    ),
                    "Rows and columns of the tokens are exchanged.": _out("b t h w (c f p q) -> b c (t f) (w p) (h q)"),
                    "Channels and frames of the clip are exchanged: b c t h w.": _out(
                        "b t h w (c f p q) -> b (t f) c (h p) (w q)"
                    ),
                },
            ),
        ),
        Probe(
            "pixels in their places",
            (
                "The boxes are in their places; within them the pixels are not.",
                "A token's numbers stand channel by channel, then frame by frame, then row by row: as `patchify` left them.",
                '`rearrange(tokens, "b t h w (c f p q) -> …", f=patch[0], p=patch[1], q=patch[1])`.',
            ),
            partial(_tokens_of, clips=_clips),
            _clip,
            told_by(
                unpatchify,
                _clip,
                {
                    "Channels are read last here, as in an image model that this was copied from.": _out(
                        "b t h w (f p q c) -> b c (t f) (h p) (w q)"
                    ),
                    "Frames are read before channels here.": _out("b t h w (f c p q) -> b c (t f) (h p) (w q)"),
                    "Columns are read before rows here.": _out("b t h w (c f q p) -> b c (t f) (h p) (w q)"),
                },
            ),
        ),
        Probe(
            "another patch",
            (
                "With patches of 2 × 3 × 3 and three channels it is right, with others it is not.",
                "Is a size written out as a number? The patch is an argument; how many channels there are follows from the tokens' length.",
                "`f, p = patch`, then `f=f, p=p, q=p` and nothing more: `rearrange` finds c.",
            ),
            partial(_tokens_of, clips=_other_sizes),
            _clip,
            told_by(unpatchify, _clip, {}),
        ),
    ),
)
