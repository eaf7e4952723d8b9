"""Networks for video. Each takes and returns `b c t h w`; none knows a noise schedule."""

from minivid.nn.condition import Cond
from minivid.nn.unet import UNet, UNetConfig

__all__ = ["Cond", "UNet", "UNetConfig"]
