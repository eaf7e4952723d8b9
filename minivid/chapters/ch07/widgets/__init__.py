"""What chapter 7 lets its reader turn. The widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch07.widgets.motion import motion_pad, motion_pad_still

__all__ = ["motion_pad", "motion_pad_still"]
