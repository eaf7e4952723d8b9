"""What chapter 1 lets its reader turn. Every widget has a static twin, `<name>_still`, for pages that cannot run code."""

from minivid.chapters.ch01.widgets.memory import memory_dial, memory_dial_still
from minivid.chapters.ch01.widgets.quiz import Quiz, quiz, quiz_still

__all__ = ["Quiz", "memory_dial", "memory_dial_still", "quiz", "quiz_still"]
