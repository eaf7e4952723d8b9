"""What chapter 5 lets its reader turn. Every widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch05.widgets.framing import framing_bars
from minivid.chapters.ch05.widgets.patches import patch_dial, patch_dial_still
from minivid.chapters.ch05.widgets.pictures import mask_picture, place_maps

__all__ = ["framing_bars", "mask_picture", "patch_dial", "patch_dial_still", "place_maps"]
