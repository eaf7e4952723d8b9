"""The zoo, every model before every metric: what `minivid evaluate --all` prints, kept as a receipt."""

from minivid import zoo
from minivid.course.receipt import Receipt
from minivid.evaluation.jury import jury
from minivid.evaluation.of_clips import METRICS
from minivid.evaluation.of_sets import SETS
from minivid.evaluation.report import Report, aligned, number, report_on, title
from minivid.evaluation.subject import Wanted, every_model


def measure_report(n: int = 128, seed: int = 0, steps: int | None = None) -> dict:
    """Every metric on every model of the zoo, drawn in so many steps or as is usual for each; real clips and still pictures beside them."""
    pairs, judges = every_model(Wanted(n, seed, steps)), jury()
    reports = [report_on(*pair, judges, seed) for pair in pairs]
    named = {report.name for report in reports} & set(zoo.RECIPES)
    return {
        "n": n,
        "steps": steps,
        "models": {name: zoo.load(name).manifest["sha256"] for name in sorted(named)},
        "columns": [shown(report) for report in reports],
    }


def shown(report: Report) -> dict:
    """A report as far as the table shows it: each score with its interval."""
    scores = {
        title(row.metric): [row.score.value, row.score.low, row.score.high]
        for row in report.rows
        if row.score is not None
    }
    return {"name": report.name, "verdict": report.verdict, "scores": scores}


def zoo_table(found: Receipt) -> str:
    """The receipt as tables, one for each world: a row for each metric, a column for each set of clips; and what was said of each."""
    worlds: list[list[dict]] = []
    for column in found["columns"]:
        if column["name"].startswith("real clips"):  # a world's own clips come first
            worlds.append([])
        worlds[-1].append(column)
    return "\n\n".join(table(columns) for columns in worlds)


def table(columns: list[dict]) -> str:
    """The sets of clips of one world, side by side."""
    named = {name for column in columns for name in column["scores"]}
    usual = [title(metric) for metric in (METRICS | SETS).values()]  # a report's own order, which JSON does not keep
    rows = [name for name in usual if name in named] + sorted(named.difference(usual))
    cells = [("", *(column["name"].partition(" of ")[0] for column in columns))]
    for row in rows:
        cells.append((row, *(number(c["scores"][row][0]) if row in c["scores"] else "–" for c in columns)))
    return "\n".join([*aligned(cells), *(f"{column['name']}: {column['verdict']}" for column in columns)])
