"""A notebook's grades: points for each exercise and the sentences that say why, as JSON and as a table."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Grade:
    """One exercise's points and the sentences that say why.

    probe: the first that failed, "" for none; private: it is one of the instructor's own.
    """

    id: str
    title: str
    points: int
    out_of: int
    verdict: str
    message: str
    seconds: float
    probe: str = ""
    private: bool = False


@dataclass(frozen=True)
class GradeReport:
    """A notebook's grades. `problem` is a sentence when the file could not be graded at all; `odd` are some for a person to read,
    who may look at what its code does.
    """

    notebook: str
    chapter: str
    grades: tuple[Grade, ...]
    problem: str = ""
    odd: tuple[str, ...] = ()

    @property
    def points(self) -> int:
        return sum(grade.points for grade in self.grades)

    @property
    def out_of(self) -> int:
        return sum(grade.out_of for grade in self.grades)

    def to_json(self) -> str:
        """The report as JSON text, keys sorted."""
        return json.dumps(
            asdict(self) | {"points": self.points, "out_of": self.out_of}, indent=1, sort_keys=True, ensure_ascii=False
        )

    def table(self) -> str:
        """The report as text: a line for each exercise, with its points and why."""
        lines = [
            f"{g.id:<5} {g.title:<40} {g.points:>2} / {g.out_of:<2}  {g.verdict}. {g.message}".rstrip()
            for g in self.grades
        ]
        total = f"{'':<5} {self.notebook:<40} {self.points:>2} / {self.out_of:<2}  {self.problem}".rstrip()
        return "\n".join([*lines, total])
