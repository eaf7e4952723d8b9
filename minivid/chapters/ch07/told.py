"""Which mistake an answer shows, where more than one would show the same (chapter 7's exercises; tests/chapters/ch07/test_told.py)."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from minivid.course.exercise import told_apart


def the_only_one(found: np.ndarray | np.generic, expected: Any, mistakes: Mapping[str, Any]) -> bool | str:
    """As `told_apart`, and a mistake's sentence only where no other mistake gives the same: else the probe's hint alone speaks."""
    said = {told_apart(found, expected, {sentence: value}) for sentence, value in mistakes.items()} & set(mistakes)
    return said.pop() if len(said) == 1 else told_apart(found, expected, {})
