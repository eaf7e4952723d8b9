"""What chapter 1 lets its reader turn. A widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch01.widgets.arrows import flow_arrows, flow_arrows_still
from minivid.chapters.ch01.widgets.curating import curating, curating_still

__all__ = ["curating", "curating_still", "flow_arrows", "flow_arrows_still"]
