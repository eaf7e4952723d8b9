"""What a metric may be given, and the sentences that refuse the rest (chapter 8; tests/metrics/test_inputs.py).

A number that comes out of the wrong range looks like any other number, so nothing here is guessed or converted: it
is refused. What was made of bytes is known by its levels: x in [-1, 1] is an odd number of 255ths, and in [0, 1] every second is even.
"""

import torch
from jaxtyping import Float
from torch import Tensor

LEVELS = 10.0
"""No model in [-1, 1] overshoots this far: these are levels from 0 to 255."""


def video(clips: object, name: str = "The video", bright: bool = False) -> Float[Tensor, "b c t h w"]:
    """These clips, `b c t h w` in [-1, 1], with a model's overshoot cut off; for anything else a ValueError.

    `bright`: they come from files, so that what has nothing below mid-grey is bright and not in [0, 1].
    """
    if not isinstance(clips, Tensor):
        raise ValueError(f"{name} is a {type(clips).__name__}; expected a tensor b c t h w in [-1, 1].")
    if clips.ndim != 5:
        raise ValueError(
            f"{name} has {clips.ndim} axes, {tuple(clips.shape)}; expected clips, channels, frames, height, width."
        )
    if clips.numel() == 0:
        raise ValueError(f"{name} is empty, {tuple(clips.shape)}; expected at least one clip with one frame.")
    if not clips.is_floating_point():
        raise ValueError(
            f"{name} holds {str(clips.dtype).removeprefix('torch.')}; expected numbers in [-1, 1]. "
            "`minivid.data.video.from_uint8` makes them out of bytes."
        )
    if not clips.isfinite().all():
        raise ValueError(f"{name} holds values that are not finite numbers; no metric can be taken of it.")
    low, high = clips.min().item(), clips.max().item()
    if high > LEVELS or low < -LEVELS:
        raise ValueError(
            f"{name} reaches {max(high, -low):.0f}; expected [-1, 1]. Levels x of 0 to 255 are x / 127.5 - 1."
        )
    if 0 <= low < high <= 1 and not bright and not made_of_bytes(clips):
        raise ValueError(
            f"{name} lies in [0, 1], with nothing below mid-grey; expected [-1, 1], which is 2 * video - 1."
        )
    return clips.clamp(-1, 1)


def made_of_bytes(clips: Float[Tensor, "*clip"]) -> bool:
    """Whether these are levels from 0 to 255 brought to [-1, 1], and nothing else: bright clips lie above mid-grey altogether."""
    steps = clips.double() * 255
    return bool(((steps - steps.round()).abs() < 0.01).all() and (steps.round() % 2 == 1).all())


def pair(a: object, b: object) -> tuple[Float[Tensor, "b c t h w"], Float[Tensor, "b c t h w"]]:
    """Two batches of clips that stand beside each other, of one shape; else ValueError, in a sentence."""
    a, b = video(a, "The first video"), video(b, "The second video")
    if a.shape != b.shape:
        raise ValueError(
            f"The videos have different shapes, {tuple(a.shape)} and {tuple(b.shape)}; "
            "a paired metric compares pixel with pixel. Crop or resize one of them first."
        )
    return a, b.to(a)


def frames(clips: object, least: int, purpose: str) -> Float[Tensor, "b c t h w"]:
    """`video`, of at least so many frames: "smoothness needs 3 frames"."""
    clips = video(clips)
    if clips.shape[2] < least:
        raise ValueError(f"{purpose} needs at least {least} frames; these clips have {clips.shape[2]}.")
    return clips


def features(rows: object, name: str = "The features") -> Float[Tensor, "n d"]:
    """A network's features of n ≥ 2 clips, as float64 on the CPU; else ValueError, in a sentence."""
    if not isinstance(rows, Tensor) or rows.ndim != 2:
        what = tuple(rows.shape) if isinstance(rows, Tensor) else f"a {type(rows).__name__}"
        raise ValueError(f"{name} are {what}; expected a tensor with one row for each clip, n d.")
    if len(rows) < 2 or rows.shape[1] == 0:
        raise ValueError(f"{name} are those of {len(rows)} clip(s); a distribution needs at least two.")
    rows = rows.detach().to("cpu", torch.float64)
    if not rows.isfinite().all():
        raise ValueError(f"{name} hold values that are not finite numbers: look at the clips that they were made of.")
    return rows


def feature_pair(a: object, b: object) -> tuple[Float[Tensor, "n d"], Float[Tensor, "m d"]]:
    """Features of two sets of clips, by one network; else ValueError, in a sentence."""
    a, b = features(a, "The first features"), features(b, "The second features")
    if a.shape[1] != b.shape[1]:
        raise ValueError(
            f"The features have {a.shape[1]} and {b.shape[1]} numbers for a clip: they are of two networks."
        )
    return a, b
