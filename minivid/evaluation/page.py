"""Reports as one HTML page that needs nothing beside it: tables with intervals drawn, and the best, median and worst clips playing.

Chapter 8. Checked by tests/evaluation/test_page.py.
"""

from collections.abc import Mapping, Sequence
from html import escape

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.evaluation.report import ARROWS, Report, number
from minivid.evaluation.score import Row
from minivid.evaluation.subject import Subject
from minivid.show import show

SHOWN = 5
"""Clips in each of the three rows."""
TALL = 160
"""Pixels of a playing clip, about."""
WIDE = 150
"""Pixels of a drawn interval."""

STYLE = """
:root { --ink: #222; --soft: #6b6b6b; --faint: #e4e4e4; --blue: #0072B2; --red: #D55E00; --green: #009E73 }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: #f5f5f3; margin: 0 }
main { max-width: 940px; margin: 0 auto; padding: 32px 20px 64px }
h1 { font-size: 26px; line-height: 1.2; margin: 0 0 4px } h2 { font-size: 19px; margin: 40px 0 8px } h3 { font-size: 15px; margin: 20px 0 4px }
.soft { color: var(--soft) } .small { font-size: 13px }
.verdict { border-left: 5px solid var(--green); background: #fff; padding: 10px 14px; margin: 14px 0; border-radius: 0 6px 6px 0 }
.verdict.still { border-color: var(--red); font-weight: 600 }
.card { background: #fff; border-radius: 8px; padding: 6px 16px 12px; margin: 12px 0; overflow-x: auto; box-shadow: 0 1px 2px #0001 }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums } .fixed { table-layout: fixed; min-width: 760px } th { text-align: left; font-weight: 600 }
td, th { padding: 5px 10px 5px 0; border-top: 1px solid var(--faint); vertical-align: middle } tr:first-child > * { border-top: 0 }
thead th { color: var(--soft); font-size: 12px; font-weight: 400 } .n { text-align: right; white-space: nowrap } .best { color: var(--green); font-weight: 600 }
.about { color: var(--soft); font-size: 12px; font-weight: 400 } sup { color: var(--soft); font-size: 10px } ol { padding-left: 20px; margin: 6px 0 }
svg { display: block }
"""
COLUMNS = "".join(f'<col style="width:{width}">' for width in ("36%", "11%", "19%", "166px", "9%", "8%"))
HEAD = "".join(f'<th class="n">{word}</th>' for word in ("", "value", "95 % interval", "", "real", "of clips"))


def page(reports: Sequence[tuple[Report, Subject]], title: str, made_by: str) -> str:
    """The page. `made_by` is the command that makes it again; with several reports, a table beside each other comes first."""
    parts = [f"<h1>{escape(title)}</h1>", f'<div class="soft small">Made by <code>{escape(made_by)}</code>.</div>']
    parts += [
        '<p class="small soft">↓ lower is better, ↑ higher is better, = is best as real clips have it. In the pictures of intervals the '
        "dot is the value, the bar its 95 % bootstrap interval, the grey line what real clips get against real ones. Where a metric "
        "would reward a still picture, only clips that move are counted.</p>"
    ]
    if len(reports) > 1:
        parts.append(comparison([report for report, _ in reports]))
    for report, clips in reports:
        parts.append(section(report, clips, headed=len(reports) > 1))
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body><main>\n{body}\n</main></body></html>\n"
    )


def section(report: Report, clips: Subject, headed: bool) -> str:
    """One report: what it says first, its pictures, its tables, its notes."""
    parts = [f"<h2>{escape(report.name)}</h2>"] if headed else []
    if report.against:
        parts.append(f'<div class="soft small">{report.n} clips, beside {escape(report.against)}</div>')
    parts.append(f'<div class="verdict{"" if report.moves else " still"}">{escape(report.verdict)}</div>')
    parts.append(f'<div class="card">{pictures(report, clips)}</div>')
    letters = report.protocols()
    for group in dict.fromkeys(row.metric.group for row in report.rows):
        rows = "".join(row_html(row, letters) for row in report.rows if row.metric.group == group)
        head = f"<colgroup>{COLUMNS}</colgroup><thead><tr>{HEAD}</tr></thead>"
        parts.append(
            f'<div class="card"><h3>{escape(group.capitalize())}</h3><table class="fixed">{head}{rows}</table></div>'
        )
    said = "".join(f"<li>{escape(text)}</li>" for text in letters)
    notes = "".join(f"<p>{escape(note)}</p>" for note in report.notes)
    parts.append(f'<div class="small soft"><ol type="a">{said}</ol>{notes}</div>')
    return "\n".join(parts)


def row_html(row: Row, letters: Mapping[str, str]) -> str:
    """A metric's line in the table."""
    metric, score = row.metric, row.score
    unit = f" <span class='about'>{escape(metric.unit)}</span>" if metric.unit else ""
    name = (
        f"<th>{escape(metric.name)} {ARROWS[metric.better]}{unit}<div class='about'>{escape(metric.about)}</div></th>"
    )
    if score is None:
        return f"<tr>{name}<td class='n'>–</td><td></td><td></td><td></td><td class='n'>{row.measured:.0%}</td></tr>"
    real = "" if score.floor is None else number(score.floor)
    return (
        f"<tr>{name}<td class='n'><b>{number(score.value)}</b><sup>{letters[str(score.protocol)]}</sup></td>"
        f"<td class='n'>{number(score.low)} … {number(score.high)}</td><td>{interval_of(row)}</td>"
        f"<td class='n'>{real}</td><td class='n'>{row.measured:.0%}</td></tr>"
    )


def interval_of(row: Row) -> str:
    """The interval as a small picture."""
    s = row.score
    marks = [value for value in (s.low, s.high, s.value, s.floor) if value is not None and value == value]
    least, most = min(0.0, *marks), max(*marks, 1e-12)

    def x(value: float) -> float:
        return 6 + (WIDE - 12) * (value - least) / (most - least)

    apart = s.floor is not None and s.floor == s.floor and not s.low <= s.floor <= s.high
    colour = "var(--red)" if apart and worse(row) else "var(--blue)"
    line = "" if s.floor is None or s.floor != s.floor else (
        f'<line x1="{x(s.floor):.1f}" x2="{x(s.floor):.1f}" y1="2" y2="20" stroke="#999" stroke-width="2"/>'
    )  # fmt: skip
    return (
        f'<svg width="{WIDE}" height="22" role="img" aria-label="{number(s.value)}, real {number(s.floor or 0.0)}">'
        f'<line x1="6" x2="{WIDE - 6}" y1="11" y2="11" stroke="#e4e4e4"/>{line}'
        f'<line x1="{x(s.low):.1f}" x2="{x(s.high):.1f}" y1="11" y2="11" stroke="{colour}" stroke-width="5" stroke-linecap="round" opacity=".45"/>'
        f'<circle cx="{x(s.value):.1f}" cy="11" r="4" fill="{colour}"/></svg>'
    )


def worse(row: Row) -> bool:
    """Is the value on the wrong side of real clips'?"""
    above = row.score.value > row.score.floor
    return {"lower": above, "higher": not above, "real": True}[row.metric.better]


def comparison(reports: Sequence[Report]) -> str:
    """Reports side by side; green is the best of those that move, and those that its interval does not tell from it."""
    rows = {row.key: row for report in reports for row in report.rows}
    head = "".join(f'<th class="n">{escape(report.name)}</th>' for report in reports)
    flags = "".join(f'<td class="n">{"yes" if report.moves else "<b>no</b>"}</td>' for report in reports)
    lines = [f"<thead><tr><th></th>{head}</tr></thead><tr><th>moves</th>{flags}</tr>"]
    for key, row in rows.items():
        best = best_of(key, row, reports)
        cells = []
        for report in reports:
            score = next((mine.score for mine in report.rows if mine.key == key), None)
            if score is None:
                cells.append('<td class="n">–</td>')
                continue
            mark = ' class="n best"' if report.name in best else ' class="n"'
            cells.append(
                f'<td{mark}>{number(score.value)}<div class="about">{number(score.low)} … {number(score.high)}</div></td>'
            )
        name = f"{escape(row.metric.name)} {ARROWS[row.metric.better]}"
        lines.append(f'<tr><th>{name} <span class="about">{escape(row.metric.unit)}</span></th>{"".join(cells)}</tr>')
    return f'<div class="card"><h3>Side by side</h3><div class="about">Green: the best of those that move, and those that cannot be told from it.</div><table>{"".join(lines)}</table></div>'


def best_of(key: str, row: Row, reports: Sequence[Report]) -> set[str]:
    """Names of the best: only among those that move, and only where all were measured by one protocol."""
    scores = {
        report.name: mine.score
        for report in reports
        for mine in report.rows
        if mine.key == key and mine.score and report.moves
    }
    if len(scores) < 2 or len({str(score.protocol) for score in scores.values()}) > 1:
        return set()

    def badness(value: float, floor: float | None) -> float:
        return {"lower": value, "higher": -value, "real": abs(value - (floor or 0.0))}[row.metric.better]

    first = min(scores, key=lambda name: badness(scores[name].value, scores[name].floor))
    top = scores[first]
    return {name for name, score in scores.items() if not (score.low > top.high or score.high < top.low)}


def pictures(report: Report, clips: Subject) -> str:
    """The best, the median and the worst clips, playing; below each, which share of real clips does better."""
    rows = choose(report.trouble)
    captions = {
        name: [
            f"{clips.caption[i] + ': ' if clips.caption else ''}{report.trouble[i]:.0%} of real clips do better"
            for i in which.tolist()
        ]
        for name, which in rows.items()
    }
    return show(
        **{name: clips.video[which] for name, which in rows.items()}, captions=captions, height=TALL
    )._repr_html_()


def choose(trouble: Float[Tensor, "n"]) -> dict[str, Tensor]:
    """Which clips are shown: the ends of the ranking and its middle; of few clips each only once."""
    order = trouble.argsort(stable=True)
    many = max(1, min(SHOWN, len(order) // 3))
    middle = (len(order) - many) // 2
    parts = {"best": order[:many], "median": order[middle : middle + many], "worst": order[-many:].flip(0)}
    return {name: torch.as_tensor(part) for name, part in parts.items()} if len(order) >= 3 else {"all": order}
