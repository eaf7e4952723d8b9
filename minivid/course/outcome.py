"""What becomes of an answer: a verdict, the points that it is worth, and the sentences that say why."""

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    PASSED = "passed"
    PARTLY = "in part"
    WRONG = "wrong"
    NOT_ATTEMPTED = "not attempted"


@dataclass(frozen=True)
class Outcome:
    """What became of an exercise. `probe` is the first one that failed.

    message: the first sentence for the student, what is off. more: those for who asks further, where and the line. points: those
    of an answer that is right in part.
    """

    verdict: Verdict
    message: str = ""
    probe: str = ""
    more: tuple[str, ...] = ()
    points: int = 0

    def points_of(self, most: int) -> int:
        """What it is worth in an exercise of so many points."""
        return {Verdict.PASSED: most, Verdict.PARTLY: self.points}.get(self.verdict, 0)
