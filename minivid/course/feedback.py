"""What a student gets back: each exercise's points and hint, as Markdown and as a page. Never what an instructor's own probes say."""

from html import escape

from minivid.course.classroom import Graded
from minivid.course.grades import Grade

PRIVATE = "A check of your instructor's own has not passed."
STYLE = "body{font:16px/1.5 system-ui,sans-serif;max-width:760px;margin:40px auto;padding:0 16px;color:#222}"
STYLE += "td,th{padding:6px 12px 6px 0;text-align:left;vertical-align:top;border-top:1px solid #ddd}table{border-collapse:collapse}"


def said(grade: Grade) -> str:
    """The sentence for the student."""
    return PRIVATE if grade.private else grade.message


def markdown(result: Graded) -> str:
    """The feedback as Markdown."""
    lines = [f"# {result.report.notebook}", "", f"**{_total(result)}**", ""]
    lines += [result.report.problem, ""] if result.report.problem else []
    for grade in result.report.grades:
        lines += [f"## {grade.id} · {grade.title} · {grade.points} of {grade.out_of}", "", _verdict(grade), ""]
    return "\n".join(lines)


def page(result: Graded) -> str:
    """The same as a page of HTML."""
    rows = "".join(
        f"<tr><td>{escape(one.id)}</td><td>{escape(one.title)}</td><td>{one.points} / {one.out_of}</td><td>{escape(_verdict(one))}</td></tr>"
        for one in result.report.grades
    )
    title = escape(f"{result.report.notebook} · {result.student}")
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
        f"<style>{STYLE}</style></head><body><h1>{title}</h1><p><b>{_total(result)}</b> {escape(result.report.problem)}</p>"
        f"<table><tr><th></th><th>exercise</th><th>points</th><th></th></tr>{rows}</table></body></html>\n"
    )


def _total(result: Graded) -> str:
    return f"{result.report.points} of {result.report.out_of} points"


def _verdict(grade: Grade) -> str:
    return f"{grade.verdict.capitalize()}. {said(grade)}".strip()
