"""`minivid progress`: how far one has come."""

from collections.abc import Iterator
from pathlib import Path

from minivid.cli.errors import course_root


def progress() -> int:
    """Show, over all chapters, what is passed, what is open, points, the next exercise, and which trained models are at hand.

    It reads what the checks of your notebooks have left in mine/progress/. Nothing leaves this machine.
    """
    from minivid.cli.zoo import aligned
    from minivid.course.progress import MINE, next_exercise, standings

    mine = course_root() / MINE
    several = standings(mine)
    rows = [("", "chapter", "passed", "points", "open")]
    for one in several:
        passed = f"{len(one.passed)} of {len(one.outcomes)}"
        still = ", ".join(task.id for task in one.open) if one.begun else "all" if one.open else ""
        rows.append((str(int(one.number)), one.title, passed, f"{one.points} of {one.most}", still))
    rows.append(("", "", "", f"{sum(one.points for one in several)} of {sum(one.most for one in several)}", ""))
    print("\n".join(aligned(rows)))
    task = next_exercise(several)
    print(f"\nnext: {task.heading}" if task else "\nEverything is passed.")
    print("\n".join(f"{whose}: {', '.join(names) or 'none yet'}" for whose, names in models(mine)))
    return 0


def models(mine: Path) -> Iterator[tuple[str, list[str]]]:
    """Models that came with the course or were kept, and those that notebooks and runs have left, by their files' names."""
    from minivid.zoo import WEIGHTS

    yield "models of the course", sorted(file.stem for file in WEIGHTS.glob("*.safetensors"))
    runs = [*Path("runs").glob("*/*.safetensors"), *(mine / "runs").glob("*/*.safetensors")]
    yield "your own", sorted({file.stem for file in [*mine.glob("*.safetensors"), *runs] if file.stem != "state"})
