"""Pictures that only chapter 3 draws: points in a plane, the U-Net with its shapes, and its position bias."""

from minivid.chapters.ch03.figures.bias import show_bias
from minivid.chapters.ch03.figures.diagram import show_unet
from minivid.chapters.ch03.figures.plane import Panel, show_plane

__all__ = ["Panel", "show_bias", "show_plane", "show_unet"]
