"""What chapter 4 lets its reader turn. Every widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch04.widgets.rotation import rotation, rotation_still

__all__ = ["rotation", "rotation_still"]
