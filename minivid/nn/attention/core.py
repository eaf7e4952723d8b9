"""One attention for clips: over space, over time, in windows, on the caption, across frames (chapter 3; oracles in tests/oracles).

Two values choose which: a `Window` says what is a sequence, a function of `attention.keys` whose keys and values it looks at.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor, nn

from minivid.nn.attention.keys import Keys, itself, words
from minivid.nn.attention.positions import rotate
from minivid.nn.conv import FrameNorm
from minivid.nn.initial import zero_


def attend(
    q: Float[Tensor, "n heads i d"],
    k: Float[Tensor, "n heads j d"],
    v: Float[Tensor, "n heads j d"],
    bias: Float[Tensor, "#n #heads #i j"] | None = None,
) -> Float[Tensor, "n heads i d"]:
    """softmax(q kᵀ / √d + bias) v."""
    return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)


def split_heads(x: Float[Tensor, "n i c"], heads: int) -> Float[Tensor, "n heads i d"]:
    return rearrange(x, "n i (heads d) -> n heads i d", heads=heads)


def join_heads(x: Float[Tensor, "n heads i d"]) -> Float[Tensor, "n i c"]:
    return rearrange(x, "n heads i d -> n i (heads d)")


@dataclass(frozen=True)
class Window:
    """What is a sequence: a box of so many frames, rows and columns of the clip. None is the whole axis."""

    frames: int | None = None
    height: int | None = None
    width: int | None = None

    def cut(self, x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "n i c"]:
        """The clip as sequences. Raises ValueError for a clip that the window does not divide."""
        return rearrange(x, "b c (t t1) (h h1) (w w1) -> (b t h w) (t1 h1 w1) c", **self._sizes(x))

    def join(self, rows: Float[Tensor, "n i d"], x: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b d t h w"]:
        """Sequences, cut out of x, in their places again."""
        sizes = self._sizes(x)
        many = {axis: x.shape[2 + i] // sizes[f"{axis}1"] for i, axis in enumerate("thw")}
        return rearrange(rows, "(b t h w) (t1 h1 w1) d -> b d (t t1) (h h1) (w w1)", **many, **sizes)

    def _sizes(self, x: Tensor) -> dict[str, int]:
        whole = x.shape[2:]
        sizes = [size or side for size, side in zip((self.frames, self.height, self.width), whole, strict=True)]
        if any(side % size for size, side in zip(sizes, whole, strict=True)):
            raise ValueError(
                f"windows of {' × '.join(map(str, sizes))} (frames, height, width) do not divide a clip of "
                f"{' × '.join(map(str, whole))}: pad the clip, or choose another window."
            )
        return dict(zip(("t1", "h1", "w1"), sizes, strict=True))


SPACE = Window(frames=1)
"""Each pixel among those of its own frame."""
TIME = Window(height=1, width=1)
"""Each pixel among itself in the other frames."""
ALL = Window()
"""Each pixel among all of the clip."""


class Attention(nn.Module):
    """x plus what each pixel takes in from the keys of its sequence: a residual branch that ends in a layer that starts at zero.

    window: what is a sequence. keys: whose keys and values. Those of other frames are for sequences that are whole frames (SPACE);
    `words` are a caption's, of `dim_words` channels each. Raises ValueError for other pairs.
    """

    def __init__(self, dim: int, heads: int, window: Window, keys: Keys = itself, dim_words: int | None = None):
        super().__init__()
        if keys is not itself and window != SPACE:
            raise ValueError(
                f"keys of {keys.__name__} are handed to whole frames; the window must be SPACE, not {window}."
            )
        if (keys is words) != (dim_words is not None):
            raise ValueError("keys=words and dim_words, the channels of a word, belong together.")
        if dim % heads:
            raise ValueError(f"{dim} channels cannot be shared by {heads} heads: expected a multiple.")
        self.heads, self.window, self.keys = heads, window, keys
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
        return x + self.window.join(self.to_out(join_heads(attend(q, k, v, bias))), x)

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
        if visible is not None:
            if caption is not None:  # b n j: for each caption, so for each of its frames
                visible = self.keys(visible.flatten(0, 1)[..., None], frames)[:, None, None, :, 0]
            bias = torch.zeros(1, 1, 1, device=x.device) if bias is None else bias
            bias = bias.to(q).masked_fill(~visible, -torch.inf)
        return q, k, v, bias if bias is None or bias.ndim == 4 else bias[None]
