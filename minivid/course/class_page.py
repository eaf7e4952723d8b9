"""A class at a glance: of each exercise how many have it, and which mistakes were made how often; and what to look at by hand."""

import base64
from collections import Counter
from collections.abc import Sequence
from html import escape

from minivid.course.classroom import Graded, in_order
from minivid.course.feedback import STYLE
from minivid.course.outcome import Verdict
from minivid.show.style import FAINT, GREEN, INK, ORANGE, RED, SOFT, Picture, look

COLOURS = {Verdict.PASSED: GREEN, Verdict.PARTLY: ORANGE, Verdict.WRONG: RED, Verdict.NOT_ATTEMPTED: FAINT}
ROW, LEFT, BAR, RIGHT = 34, 320, 260, 420
"""Pixels: a row's height; what stands left of the bar, the bar, and right of it."""
NAMED = 3
"""Mistakes that a row names, the commonest."""


def picture(results: Sequence[Graded]) -> Picture:
    """A row for each exercise: a bar of verdicts, as shares of the class, and the commonest mistakes by the probe that caught them."""
    grades = [grade for result in results for grade in result.report.grades]
    ids = sorted({grade.id for grade in grades}, key=in_order)
    with look():
        figure = Picture(LEFT + BAR + RIGHT, ROW * (len(ids) + 2))
        left = 0
        for verdict, colour in COLOURS.items():
            figure.write(left, 6, "■", color=colour, fontsize=11)
            figure.write(left + 18, 8, verdict.value, color=SOFT, fontsize=9)
            left += 120
        for row, exercise_id in enumerate(ids, 1):
            mine = [grade for grade in grades if grade.id == exercise_id]
            top = ROW * row + 8
            figure.write(0, top, f"{exercise_id}  {mine[0].title}", color=INK, fontsize=10)
            axes = figure.axes_at(LEFT, top - 3, BAR - 20, ROW - 14)
            axes.axis("off")
            begin = 0.0
            for verdict, colour in COLOURS.items():
                share = sum(grade.verdict == verdict.value for grade in mine) / len(mine)
                axes.barh(0, share, left=begin, color=colour, height=1)
                begin += share
            axes.set_xlim(0, 1)
            right = sum(grade.verdict == Verdict.PASSED.value for grade in mine)
            figure.write(LEFT + BAR - 12, top, f"{right} of {len(mine)}", color=INK, fontsize=9)
            figure.write(LEFT + BAR + 70, top, mistakes(mine), color=SOFT, fontsize=9)
    return figure


def mistakes(grades: Sequence) -> str:
    """The commonest of the wrong ones and of those that are right in part, "noise at the last step ×12 · levels ×3"."""
    failed = {
        Verdict.WRONG.value: "an error",
        Verdict.PARTLY.value: "",
    }  # a model that is not good enough fails no probe
    named = (grade.probe or failed[grade.verdict] for grade in grades if grade.verdict in failed)
    wrong = Counter(filter(None, named))
    named = [f"{name} ×{count}" for name, count in wrong.most_common(NAMED)]
    return " · ".join(named + ["…"] * (len(wrong) > NAMED))


def page(results: Sequence[Graded]) -> str:
    """The page, in one file."""
    points = sorted(result.report.points for result in results)
    middle = points[len(points) // 2] if points else 0
    image = base64.b64encode(picture(results).png()).decode() if any(r.report.grades for r in results) else ""
    looked_at = "".join(
        f"<li><b>{escape(result.student)}</b>, {escape(result.notebook)}: {escape(flag)}</li>"
        for result in results
        for flag in result.flags
    )
    title = f"{len(results)} submissions"
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{STYLE.replace('760px', '980px')} img{{max-width:100%}}</style></head><body><h1>{title}</h1>"
        f"<p>The one in the middle has {middle} points.</p>"
        + (f'<img alt="verdicts and mistakes by exercise" src="data:image/png;base64,{image}">' if image else "")
        + f"<h2>To look at by hand</h2>{f'<ul>{looked_at}</ul>' if looked_at else '<p>Nothing.</p>'}</body></html>\n"
    )
