"""What chapter 8 lets its reader turn. A widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch08.widgets.judging import BlindTest, judging, judging_still

__all__ = ["BlindTest", "judging", "judging_still"]
