"""From a video tensor to the pixels that are drawn: check, convert, enlarge, tile.

Everything in `minivid.show` reads its input here and nowhere else, so a wrong shape or range is named once, in words.
Used by every chapter; tests in tests/show/test_frames.py (the conversion is held against `minivid.data.video`).
"""

import math
from collections.abc import Mapping

import numpy as np
import torch
from jaxtyping import UInt8

from minivid.show.style import PAGE

Frames = UInt8[np.ndarray, "n t h w c"]

# A standard normal pixel is beyond 8 once in 10^15 draws: noise passes, 0..255 and a diverged sampler do not.
FAR = 8.0


def read(video: object, name: str = "video") -> Frames:
    """`b c t h w` or `c t h w` in [-1, 1] as uint8 `n t h w c`. What lies outside (noise does) is clipped.

    Raises ValueError, naming the clip, for anything that is not such a video.
    """
    name = name or "the video"
    x = _array(video, name)
    if x.ndim == 4:
        x = x[None]
    shape = tuple(x.shape)
    if x.ndim != 5:
        raise ValueError(
            f"{name} has shape {shape}; expected a video 'b c t h w' or 'c t h w'. "
            "For images 'b c h w' use show_image_grid, or add the time axis with x.unsqueeze(-3)."
        )
    if 0 in shape:
        raise ValueError(f"{name} has shape {shape}: there is nothing in it to draw.")
    if shape[1] not in (1, 3):
        raise ValueError(
            f"{name} has {shape[1]} channels (shape {shape}); expected 'b c t h w' with c = 1 (grey) or 3 (colour). "
            "If another axis holds the channels, rearrange first; of several masks, show one at a time."
        )
    return np.moveaxis(_to_uint8(x, name), 1, -1)


def read_images(images: object, name: str = "images") -> UInt8[np.ndarray, "n h w c"]:
    """`b c h w` or `c h w` in [-1, 1] as uint8 `n h w c`; ValueError as in `read`."""
    x = _array(images, name)
    if x.ndim not in (3, 4):
        raise ValueError(
            f"{name} has shape {tuple(x.shape)}; expected images 'b c h w' or 'c h w'. For a video use show_sheet."
        )
    return read(x[..., None, :, :], name)[:, 0]


def read_all(clips: Mapping[str, object], what: str, in_step: bool = True) -> dict[str, Frames]:
    """`read` for every named clip; with `in_step`, all must have the same number of frames."""
    if not clips:
        raise ValueError(f"{what} was given no clip; name what it should draw, as in {what}(clip=clip, noisy=noisy).")
    frames = {name: read(video, name) for name, video in clips.items()}
    counts = {name: f.shape[1] for name, f in frames.items()}
    if in_step and len(set(counts.values())) > 1:
        listed = ", ".join(f"{name} has {count}" for name, count in counts.items())
        raise ValueError(
            f"{what} plays its clips in step, so they need the same number of frames; {listed}. "
            f"Cut the longer ones to {min(counts.values())} frames, for instance clip[..., :{min(counts.values())}, :, :]."
        )
    return frames


def named(video: object | None, clips: Mapping[str, object]) -> dict[str, object]:
    """The clips of a call `show(video)` or `show(name=video, …)`; an unnamed one has an empty title."""
    return dict(clips) if video is None else {"": video, **clips}


def title(name: str) -> str:
    """A keyword as a person would write it: `known_frames` → "known frames", `x_hat` → "x̂"."""
    base, hat, rest = name.partition("_hat")
    if hat and len(base) == 1 and not rest:
        return base + "\N{COMBINING CIRCUMFLEX ACCENT}"
    return name.replace("_", " ")


def factor(height: int, target: int, width: int = 1) -> int:
    """The whole number of times a picture is enlarged for its height to come near `target`, and its width to fit the page; at least 1."""
    return max(1, min(round(min(target, PAGE * height) / height), PAGE // width))


def enlarge(frames: UInt8[np.ndarray, "*n h w c"], k: int) -> UInt8[np.ndarray, "*n H W c"]:
    """Each pixel becomes a k × k square (nearest neighbour, no blur)."""
    return frames.repeat(k, axis=-3).repeat(k, axis=-2)


def tile(
    frames: UInt8[np.ndarray, "n t h w c"], columns: int, gap: int = 4, background: int = 255
) -> UInt8[np.ndarray, "t H W c"]:
    """n clips on a grid, `gap` pixels of `background` between them; the last row may end early."""
    n, t, h, w, c = frames.shape
    rows = math.ceil(n / columns)
    sheet = np.full((t, rows * (h + gap) - gap, columns * (w + gap) - gap, c), background, dtype=np.uint8)
    for i, clip in enumerate(frames):
        y, x = (i // columns) * (h + gap), (i % columns) * (w + gap)
        sheet[:, y : y + h, x : x + w] = clip
    return sheet


def grid_columns(n: int, width: int, most: int) -> int:
    """Columns for n tiles `width` pixels wide on a page `most` wide, rows as even as they come (10 → 5 + 5)."""
    fit = max(1, min(n, most // width))
    return math.ceil(n / math.ceil(n / fit))


def as_colour(frames: UInt8[np.ndarray, "*n h w c"]) -> UInt8[np.ndarray, "*n h w 3"]:
    """Grey frames as colour frames; colour frames as they are."""
    return np.broadcast_to(frames, (*frames.shape[:-1], 3))


def _array(video: object, name: str) -> np.ndarray:
    """The values as float32 on the CPU."""
    if isinstance(video, torch.Tensor):
        whole = not video.is_floating_point()
        x = video.detach().to("cpu", torch.float32).numpy()
    elif isinstance(video, np.ndarray):
        whole = not np.issubdtype(video.dtype, np.floating)
        x = video.astype(np.float32)
    else:
        hint = f"; did you mean {name or 'clips'}.video?" if hasattr(video, "video") else ""
        raise ValueError(f"{name} is a {type(video).__name__}; expected a tensor 'b c t h w' in [-1, 1]{hint or '.'}")
    if whole:
        raise ValueError(
            f"{name} holds whole numbers ({video.dtype}); expected floats in [-1, 1]. "
            "minivid.data.video.from_uint8 converts 'n t h w c' files; a mask m becomes 2.0 * m - 1."
        )
    return x


def _to_uint8(x: np.ndarray, name: str) -> np.ndarray:
    """[-1, 1] → 0…255, rounded; the one place in `show` that knows the range."""
    if not np.isfinite(x).all():
        bad = int((~np.isfinite(x)).sum())
        raise ValueError(
            f"{name} has {bad} of {x.size} values that are NaN or infinite. "
            "Look one step earlier: a diverged network or a division by alpha = 0 makes them."
        )
    low, high = float(x.min()), float(x.max())
    if max(-low, high) > FAR:
        raise ValueError(
            f"{name} runs from {low:.3g} to {high:.3g}; expected values in [-1, 1] (a little noise outside is clipped). "
            "Pixels 0..255 become x / 127.5 - 1; a diverged x_hat can be looked at with x_hat.clamp(-1, 1)."
        )
    return ((x.clip(-1, 1) + 1) * 127.5).round().astype(np.uint8)
