"""Cross-attention looked at: which word does each frame listen to? (chapter 3)

Tests in tests/chapters/ch03/widgets/test_words.py.
"""

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from einops import reduce
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter
from torch import Tensor, nn

from minivid.course.widgets.attention import COLOURS
from minivid.course.widgets.dial import GAP, render_strip, strip_scale
from minivid.data import VOCABULARY
from minivid.nn import Cond
from minivid.nn.attention.maps import WordMaps, cross_attention_maps
from minivid.show.frames import read
from minivid.show.style import INK, SOFT, Picture, look

NULL = "(no word)"
WIDTH, EDGE, ROW, TOP = 840, 8, 26, 40  # pixels
WORDS, SCALE, HEADING = 78, 62, 650  # the words' room, the colour bar's, and what the heading needs


@dataclass(frozen=True)
class WordAttention:
    """How much each frame takes in of each word: `weights` "t l", rows of which sum to one, and the `words`, the null word first."""

    weights: Float[Tensor, "t l"]
    words: tuple[str, ...]

    def __post_init__(self):
        if self.weights.ndim != 2 or self.weights.shape[1] != len(self.words):
            raise ValueError(
                f"the weights have shape {tuple(self.weights.shape)}; expected frames × {len(self.words)}, a column for each of "
                f"the words {', '.join(self.words)}."
            )


def word_attention(
    unet: nn.Module, z: Tensor, t: Tensor, cond: Cond | None = None, weights: Float[Tensor, "b t h w"] | None = None
) -> WordAttention:
    """How much each frame of the first clip of z takes in of each word of its caption: the mean over layers, heads and pixels.

    `weights` says how much each pixel of z counts, 0 or more: `clips.mask[:, 0]` counts the digit alone. Padding is left out.
    Raises ValueError for weights of another shape, below zero, or that leave out a whole frame, and as `cross_attention_maps` does.
    """
    _check_weights(weights, z)
    maps = cross_attention_maps(unet, z, t, cond)
    mean = torch.stack([_over_pixels(m, weights) for m in maps.values()]).mean(0)
    spoken = torch.ones(1, dtype=torch.bool)
    words = (NULL,)
    if cond is not None and cond.tokens is not None:
        spoken = F.pad(cond.token_mask[0].cpu(), (1, 0), value=True)
        words += tuple(VOCABULARY[token] for token in cond.tokens[0][cond.token_mask[0]].tolist())
    return WordAttention(mean[:, spoken], words)


def word_attention_still(attention: WordAttention, clip: Tensor | None = None) -> Picture:
    """A heat map: the words from top to bottom, the frames from left to right, each column in per cent.

    `clip` (`b c t h w`) puts its frames on top, over the columns.
    """
    share = attention.weights.detach().float().cpu().T.numpy()  # l t
    many, t = share.shape
    frames = read(clip)[0] if clip is not None else None
    if frames is not None and len(frames) != t:
        raise ValueError(f"the clip has {len(frames)} frames but the attention {t}; give the clip that was looked at.")
    room, column, strip = WIDTH - WORDS - SCALE, 0, 0
    if frames is not None:
        k = strip_scale(t, *frames.shape[1:3], room, 80)
        column, strip = frames.shape[2] * k + GAP, frames.shape[1] * k + 6
    column = column or min(84, room // t)
    with look():
        picture = Picture(max(WORDS + t * column + SCALE, HEADING), TOP + strip + many * ROW + 44)
        picture.write(EDGE, 8, "Which word does a frame listen to?", fontsize=11, fontweight="bold")
        picture.write(EDGE + 340, 10, "per cent of its attention; a column adds up to 100", fontsize=9, color=SOFT)
        if frames is not None:
            render_strip(picture, WORDS, TOP - 6, frames, k)
        axes = picture.axes_at(WORDS - GAP / 2, TOP + strip, t * column, many * ROW, xlabel="frame")
        image = axes.imshow(share, cmap=COLOURS, vmin=0, vmax=share.max(), interpolation="nearest", aspect="auto")
        axes.set_yticks(range(many), attention.words)
        axes.set_xticks(range(t))
        axes.set_xticks([i - 0.5 for i in range(1, t)], minor=True)
        axes.set_yticks([i - 0.5 for i in range(1, many)], minor=True)
        axes.grid(False)
        axes.grid(which="minor", color="white", linewidth=1)
        axes.tick_params(which="both", length=0)
        axes.get_yticklabels()[0].set(color=SOFT, style="italic")
        axes.spines[:].set_visible(False)
        if column >= 30:
            _write_numbers(axes, share)
        bar = picture.axes_at(WORDS + t * column + 8, TOP + strip, 10, many * ROW)
        whole = MaxNLocator(5, steps=[1, 2, 5, 10])  # ticks at whole per cents
        picture.colorbar(image, cax=bar, ticks=whole, format=PercentFormatter(1, 0)).outline.set_visible(False)
        bar.tick_params(labelsize=8, length=2)
    return picture


def _over_pixels(maps: WordMaps, weights: Float[Tensor, "b t rows columns"] | None) -> Float[Tensor, "t l"]:
    """The mean over heads and pixels; the pixels' weights are averaged down to the layer's own size."""
    if weights is None:
        return reduce(maps, "heads t h w l -> t l", "mean")
    weights = F.adaptive_avg_pool2d(weights[0].float().cpu(), maps.shape[2:4])
    return (maps.mean(0) * weights[..., None]).sum((1, 2)) / weights.sum((1, 2))[:, None]


def _check_weights(weights: Tensor | None, z: Tensor) -> None:
    if weights is None:
        return
    expected = (len(z), *z.shape[2:])
    if weights.shape != expected:
        raise ValueError(f"the weights have shape {tuple(weights.shape)}; expected {expected} (b t h w), as z has.")
    empty = (weights[0].flatten(1).sum(1) == 0).nonzero().flatten().tolist()
    if (weights < 0).any() or empty:
        what = "some are below zero" if (weights < 0).any() else f"all are zero in frame {empty[0]}"
        raise ValueError(f"weights say how much each pixel of a frame counts, but {what}.")


def _write_numbers(axes: Axes, share: np.ndarray) -> None:
    """Each cell's value in per cent, in the colour that stands out from it."""
    for (word, frame), value in np.ndenumerate(share):
        axes.text(
            frame, word, f"{100 * value:.0f}", ha="center", va="center", fontsize=8,
            color=INK if value > 0.55 * share.max() else "white",
        )  # fmt: skip
