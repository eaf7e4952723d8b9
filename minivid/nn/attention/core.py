"""One attention for clips: over space, over time, in windows, on the caption, across frames (chapters 2, 3; oracles in tests/oracles).

Three values choose which: a `Window` says what is a sequence, a function of `attention.keys` whose keys and values it looks at, and
`attend` or `linear_attend` how.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange, repeat
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from minivid.nn.attention.keys import Keys, itself, words
from minivid.nn.attention.positions import rotate
from minivid.nn.conv import FrameNorm
from minivid.nn.initial import zero_


def attend(
    q: Float[Tensor, "n heads i d"],
    k: Float[Tensor, "n heads j d"],
    v: Float[Tensor, "n heads j d"],
    bias: Float[Tensor, "#n #heads #i j"] | Bool[Tensor, "#n #heads #i j"] | None = None,
) -> Float[Tensor, "n heads i d"]:
    """softmax(q kᵀ / √d + bias) v. A bias of True and False says which keys count."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


def linear_attend(
    q: Float[Tensor, "n heads i d"],
    k: Float[Tensor, "n heads j d"],
    v: Float[Tensor, "n heads j d"],
    bias: Tensor | None = None,
) -> Float[Tensor, "n heads i d"]:
    """φ(q) (φ(k)ᵀ v) / (φ(q) Σ φ(k)) with φ(x) = elu(x) + 1: time and memory grow with i + j, not with i · j (Katharopoulos et al. 2020).

    Raises ValueError for a bias or a mask: there are no scores to add it to.
    """
    if bias is not None:
        raise ValueError(
            "linear attention has no scores that a bias or a mask could be added to: use `attend`, or windows that divide the clip."
        )
    q, k = F.elu(q) + 1, F.elu(k) + 1
    return q @ (k.mT @ v) / (q @ k.sum(-2, keepdim=True).mT)


Attend = Callable[[Tensor, Tensor, Tensor, Tensor | None], Tensor]


def split_heads(x: Float[Tensor, "n i c"], heads: int) -> Float[Tensor, "n heads i d"]:
    return rearrange(x, "n i (heads d) -> n heads i d", heads=heads)


def join_heads(x: Float[Tensor, "n heads i d"]) -> Float[Tensor, "n i c"]:
    return rearrange(x, "n heads i d -> n i (heads d)")


@dataclass(frozen=True)
class Window:
    """What is a sequence: a box of so many frames, rows and columns of the clip. None, or more than there are, is the whole axis.

    Where boxes do not divide the clip, those at its end are filled up with zeros that nobody sees. shifted: the boxes begin half a
    box later along each axis that they do not span, so that neighbours across a border of the plain ones meet; what stands before
    the first is a box of its own (Liu et al. 2021, "Video Swin Transformer"). Raises ValueError for a side below 1.
    """

    frames: int | None = None
    height: int | None = None
    width: int | None = None
    shifted: bool = False

    def __post_init__(self):
        for name in ("frames", "height", "width"):
            side = getattr(self, name)
            if side is not None and side < 1:
                raise ValueError(f"a window's {name} is {side}; expected at least 1, or None for the whole axis.")

    def cut(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "n i c"]:
        """The clip as sequences: filled up, rolled when shifted, then cut into boxes."""
        whole = tuple(x.shape[2:])
        sizes, shifts = self.sizes(whole), self.shifts(whole)
        missing = [-side % size for side, size in zip(whole, sizes, strict=True)]
        if any(missing):
            x = F.pad(x, [n for side in reversed(missing) for n in (0, side)])
        if any(shifts):
            x = x.roll([-shift for shift in shifts], (2, 3, 4))
        return rearrange(x, "b c (t t1) (h h1) (w w1) -> (b t h w) (t1 h1 w1) c", **_named(sizes))

    def join(self, rows: Float[Tensor, "n i d"], x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        """Sequences, cut out of x, in their places again."""
        t, h, w = whole = tuple(x.shape[2:])
        sizes, shifts = self.sizes(whole), self.shifts(whole)
        many = {axis: -(-side // size) for axis, side, size in zip("thw", whole, sizes, strict=True)}
        x = rearrange(rows, "(b t h w) (t1 h1 w1) d -> b d (t t1) (h h1) (w w1)", **many, **_named(sizes))
        if any(shifts):
            x = x.roll(shifts, (2, 3, 4))
        return x[:, :, :t, :h, :w]

    def visible(self, whole: tuple[int, int, int]) -> Bool[Tensor, "m i i"] | None:
        """Which places of each of a clip's boxes see each other: those of one run of neighbours. None when all do."""
        sizes, shifts = self.sizes(whole), self.shifts(whole)
        if not any(shifts) and not any(side % size for side, size in zip(whole, sizes, strict=True)):
            return None
        axes = [axis_regions(*axis) for axis in zip(whole, sizes, shifts, strict=True)]
        regions = torch.stack(torch.meshgrid(*axes, indexing="ij"))  # axes t h w
        regions = rearrange(regions, "a (t t1) (h h1) (w w1) -> (t h w) (t1 h1 w1) a", **_named(sizes))
        return (regions[:, :, None] == regions[:, None, :]).all(-1)

    def sizes(self, whole: tuple[int, int, int]) -> tuple[int, ...]:
        """Frames, rows and columns of a box in a clip of `whole`."""
        own = (self.frames, self.height, self.width)
        return tuple(min(size or side, side) for size, side in zip(own, whole, strict=True))

    def shifts(self, whole: tuple[int, int, int]) -> tuple[int, ...]:
        """By how many frames, rows and columns the boxes begin later."""
        sizes = self.sizes(whole)
        return tuple(self.shifted * (size < side) * (size // 2) for size, side in zip(sizes, whole, strict=True))


def _named(sizes: tuple[int, ...]) -> dict[str, int]:
    return dict(zip(("t1", "h1", "w1"), sizes, strict=True))


def axis_regions(n: int, size: int, shift: int) -> Int[Tensor, "padded"]:
    """The run of neighbours to which each place of an axis belongs, after it was filled up to a multiple of `size` and rolled by `shift`.

    Cut into windows, places of one run see each other. −1 is what stands before the first shifted window, −2 the filling: it is
    put at the end *before* the roll, as in the clip (after it, timm's mask meets zeros that it does not expect, issue 2438).
    """
    run = (torch.arange(n) - shift) // size
    return F.pad(run, (0, -n % size), value=-2).roll(-shift)


SPACE = Window(frames=1)
"""Each pixel among those of its own frame."""
TIME = Window(height=1, width=1)
"""Each pixel among itself in the other frames."""
ALL = Window()
"""Each pixel among all of the clip."""


class Attention(nn.Module):
    """x plus what each pixel takes in from the keys of its sequence: a residual branch that ends in a layer that starts at zero.

    window: what is a sequence. keys: whose keys and values. Those of other frames are for sequences that are whole frames (SPACE);
    `words` are a caption's, of `dim_words` channels each. attend: how, by scores or without. Raises ValueError for other pairs.
    """

    def __init__(
        self,
        dim: int,
        heads: int,
        window: Window,
        keys: Keys = itself,
        dim_words: int | None = None,
        attend: Attend = attend,
    ):
        super().__init__()
        if keys is not itself and window != SPACE:
            raise ValueError(
                f"keys of {keys.__name__} are handed to whole frames; the window must be SPACE, not {window}."
            )
        if (keys is words) != (dim_words is not None):
            raise ValueError("keys=words and dim_words, the channels of a word, belong together.")
        if dim % heads:
            raise ValueError(f"{dim} channels cannot be shared by {heads} heads: expected a multiple.")
        self.heads, self.window, self.keys, self.attend = heads, window, keys, attend
        self.norm = FrameNorm(dim)
        if keys is words:
            self.to_q = nn.Linear(dim, dim, bias=False)
            self.to_kv = nn.Linear(dim_words, 2 * dim, bias=False)
        else:
            self.to_qkv = nn.Linear(dim, 3 * dim, bias=False)
        self.to_out = zero_(nn.Linear(dim, dim))

    def forward(
        self,
        x: Float[Tensor, "b c t h w"],
        bias: Float[Tensor, "heads i j"] | None = None,
        visible: Bool[Tensor, "i j"] | Bool[Tensor, "b n j"] | None = None,
        caption: Float[Tensor, "b n j e"] | None = None,
        position: Float[Tensor, "i"] | None = None,
    ) -> Float[Tensor, "b c t h w"]:
        """bias: added to the scores, the same for every sequence. visible: True where place i may see key j.

        caption: the vectors of its words; n is 1 (one a clip) or t (one a frame). Then `visible` says which are there, `b n j`.
        position: of each place in the sequence, for which queries and keys are turned (rotary positions).
        """
        q, k, v, bias = self.scored(x, bias, visible, caption, position)
        return x + self.window.join(self.to_out(join_heads(self.attend(q, k, v, bias))), x)

    def scored(
        self,
        x: Tensor,
        bias: Tensor | None = None,
        visible: Tensor | None = None,
        caption: Tensor | None = None,
        position: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor | None]:
        """What is attended with: queries `n heads i d`, keys and values `n heads j d`, and what is added to their scores.

        An attention viewer looks here at what the fused kernel keeps to itself.
        """
        if (caption is not None) != (self.keys is words):
            raise ValueError("a caption is for the attention whose keys are words, and that one needs it.")
        rows, frames = self.window.cut(self.norm(x)), x.shape[2]
        if caption is None:
            q, k, v = self.to_qkv(rows).chunk(3, dim=-1)
        else:
            q, (k, v) = self.to_q(rows), self.to_kv(caption.flatten(0, 1)).chunk(2, dim=-1)
            frames //= caption.shape[1]  # that share a caption
        q, k, v = (split_heads(part, self.heads) for part in (q, self.keys(k, frames), self.keys(v, frames)))
        if position is not None:
            q, k = rotate(q, position), rotate(k, position)
        boxes = self.window.visible(tuple(x.shape[2:]))
        if boxes is not None:
            boxes = repeat(boxes.to(x.device), "m i j -> (b m) 1 i j", b=len(x))
            visible = boxes if visible is None else boxes & visible
        if visible is not None:
            if caption is not None:  # b n j: for each caption, so for each of its frames
                visible = self.keys(visible.flatten(0, 1)[..., None], frames)[:, None, None, :, 0]
            bias = torch.zeros(1, 1, 1, device=x.device) if bias is None else bias
            bias = bias.to(q).masked_fill(~visible, -torch.inf)
        return q, k, v, bias if bias is None or bias.ndim == 4 else bias[None]
