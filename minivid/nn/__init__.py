"""Networks for video. Each takes and returns `b c t h w`; none knows a noise schedule. A configuration builds its network."""

from minivid.nn.condition import Cond
from minivid.nn.network import NetworkConfig
from minivid.nn.unet import UNet, UNetConfig

__all__ = ["Cond", "NetworkConfig", "UNet", "UNetConfig"]
