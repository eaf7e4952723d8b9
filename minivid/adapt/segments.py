"""A clip in overlapping segments of time: a model of few frames makes many (chapter 6; tests/adapt/test_segments.py).

Bar-Tal et al. 2023, "MultiDiffusion", eq. 5, along time as in Lumiere (2024, sec. 3.2): at every step each segment is asked alone, and where
segments overlap their answers are averaged. All answer about the same noisy clip, so that it is one whether ε, x̂ or v is averaged.
"""

from jaxtyping import Float
from torch import Tensor


def beginnings(frames: int, length: int, stride: int) -> list[int]:
    """Where segments of `length` begin, `stride` frames apart; the last ends with the clip, however near the one before.

    Raises ValueError for a clip shorter than a segment, and for a stride that leaves frames out.
    """
    if frames < length:
        raise ValueError(f"the clip has {frames} frames, a segment {length}: ask for at least as many.")
    if not 1 <= stride <= length:
        raise ValueError(
            f"segments of {length} frames begin {stride} apart; expected 1 to {length}, so that none is left out."
        )
    return [*range(0, frames - length, stride), frames - length]


def joined(parts: list[Float[Tensor, "b c s h w"]], begins: list[int]) -> Float[Tensor, "b c t h w"]:
    """The clip whose frames are the means of what the segments say of them."""
    b, c, length, h, w = parts[0].shape
    frames = max(begins) + length
    total, many = parts[0].new_zeros(b, c, frames, h, w), parts[0].new_zeros(frames, 1, 1)
    for part, begin in zip(parts, begins, strict=True):
        total[:, :, begin : begin + length] += part
        many[begin : begin + length] += 1
    return total / many


def in_segments(model, length: int, stride: int):
    """A model of clips of any length from `length` on, which shows `model` so many frames at a time.

    A caption, and whatever else is said of a clip as a whole, is said to each segment; a level for each frame, and what is known of it,
    go with their frame.
    Raises ValueError, at the call, for what `beginnings` refuses, and for captions of single frames and images behind a clip.
    """

    def model_of_long_clips(z, t, cond=None):
        if cond is not None and (cond.images or (cond.tokens is not None and cond.tokens.ndim == 3)):
            raise ValueError("a clip in segments has one caption for all of it, and no images behind it.")
        begins = beginnings(z.shape[2], length, stride)
        parts = []
        for begin in begins:
            span = slice(begin, begin + length)
            told = cond.of_frames(span) if cond is not None else None
            parts.append(model(z[:, :, span], t[:, span] if t.ndim == 2 else t, told))
        return joined(parts, begins)

    return model_of_long_clips
