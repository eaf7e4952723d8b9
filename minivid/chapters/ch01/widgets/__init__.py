"""What chapter 1 lets its reader turn. Every widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch01.widgets.arrows import flow_arrows, flow_arrows_still
from minivid.chapters.ch01.widgets.curating import curating, curating_still
from minivid.chapters.ch01.widgets.memory import memory_dial, memory_dial_still
from minivid.chapters.ch01.widgets.quiz import Quiz, quiz, quiz_still

__all__ = [
    "Quiz",
    "curating",
    "curating_still",
    "flow_arrows",
    "flow_arrows_still",
    "memory_dial",
    "memory_dial_still",
    "quiz",
    "quiz_still",
]
