"""Video transformers as denoisers `model(z, t, cond)` for the comparison with our U-Net: ours, in three kinds, and diffusers' Latte.

All are told their captions by cross-attention. Checked by tests/benchmarks/test_transformers.py.
"""

from torch import Tensor, nn

from benchmarks.told import CaptionReader, timestep
from minivid.data.captions import VOCABULARY
from minivid.nn.condition import Cond
from minivid.nn.dit import DiTConfig
from minivid.tools.compat import import_torchvision

DEPTH, HEADS, PIXELS = 6, 2, 4
"""Blocks (of Latte, half of them over space and half over time), heads, and pixels along each side of a token."""


def ours(channels: int, width: int, dim_text: int, frames: int = 2, **options) -> nn.Module:
    """Our transformer. frames: of a token."""
    return DiTConfig(
        channels=channels,
        patch=(frames, PIXELS),
        dim=width,
        depth=DEPTH,
        heads=HEADS,
        modulation="shared",
        vocabulary=len(VOCABULARY),
        dim_text=dim_text,
        **options,
    ).build()


def Full(channels: int, side: int, width: int, dim_text: int) -> nn.Module:
    """Every token looks at every token."""
    return ours(channels, width, dim_text, attention="full")


def Factorized(channels: int, side: int, width: int, dim_text: int) -> nn.Module:
    """A block over space, then one over time."""
    return ours(channels, width, dim_text)


def AsLatte(channels: int, side: int, width: int, dim_text: int) -> nn.Module:
    """The same with tokens of one frame, twice as many, and places added as Latte adds them."""
    return ours(channels, width, dim_text, frames=1, positions="latte", qk_norm=False)


class Latte(nn.Module):
    """`diffusers.LatteTransformer3DModel`, with the head's width of ours. Its blocks over space look at the caption's words."""

    def __init__(self, channels: int, side: int, width: int, dim_text: int):
        super().__init__()
        import_torchvision()
        from diffusers import LatteTransformer3DModel

        self.text = CaptionReader(dim_text)
        self.net = LatteTransformer3DModel(
            num_attention_heads=HEADS,
            attention_head_dim=width // HEADS,
            in_channels=channels,
            num_layers=DEPTH // 2,
            cross_attention_dim=width,
            attention_bias=True,
            sample_size=side,
            patch_size=PIXELS,
            activation_fn="gelu-approximate",
            norm_type="ada_norm_single",
            norm_elementwise_affine=False,
            norm_eps=1e-6,
            caption_channels=dim_text,
            video_length=16,
        )

    def forward(self, z: Tensor, t: Tensor, cond: Cond | None = None) -> Tensor:
        words, _ = self.text(cond, len(z))
        return self.net(z, timestep(t), words, return_dict=False)[0]
