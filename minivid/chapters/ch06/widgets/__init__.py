"""What chapter 6 lets its reader turn. The widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch06.widgets.mixing import mixing, mixing_still

__all__ = ["mixing", "mixing_still"]
