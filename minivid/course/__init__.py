"""The course on top of the library: checks in the notebook, builder, grader, receipts."""

from minivid.course.check import award, check, hand_in, hint, summary
from minivid.course.receipt import receipt, write_receipt

__all__ = ["award", "check", "hand_in", "hint", "receipt", "summary", "write_receipt"]
