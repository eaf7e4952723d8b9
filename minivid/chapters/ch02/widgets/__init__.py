"""What chapter 2 lets its reader turn. Every widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch02.widgets.costs import convolution_chart, cost_dial, cost_dial_still, growth_chart
from minivid.chapters.ch02.widgets.looking import looking_glass, looking_glass_still
from minivid.chapters.ch02.widgets.reach import reach_viewer, reach_viewer_still

__all__ = [
    "convolution_chart",
    "cost_dial",
    "cost_dial_still",
    "growth_chart",
    "looking_glass",
    "looking_glass_still",
    "reach_viewer",
    "reach_viewer_still",
]
