"""How a verdict and a score table look: in colour in a notebook, as plain text elsewhere."""

import html
import sys
from dataclasses import dataclass

FURTHER = ("where?", "the line?")
"""What the sentences after a card's first are called that are folded away."""

OF_THIS_MACHINE = "of-this-machine"
"""The class of HTML that tells of the machine, or the work, of whoever runs the cell: a published page leaves it out."""


@dataclass(frozen=True)
class Card:
    """A verdict in a notebook: a coloured edge, a title, a few sentences. `folded` are opened one by one; plain text says how."""

    state: str
    title: str
    sentences: list[str]
    folded: tuple[str, ...] = ()
    how: str = ""

    def __repr__(self) -> str:
        mark = {"passed": "✔", "partly": "◐", "open": "○", "wrong": "✘"}[self.state]
        return "\n  ".join([f"{mark} {self.title}", *self.sentences, *([self.how] if self.folded else [])])

    def _repr_html_(self) -> str:
        colour = {"passed": "#2e9e5b", "partly": "#7a8f2a", "open": "#8a8f98", "wrong": "#d9822b"}[self.state]
        lines = "".join(f'<div style="margin-top:.25em">{with_code(line)}</div>' for line in self.sentences)
        folded = "".join(
            f'<details style="margin-top:.25em"><summary>{what}</summary>{with_code(line)}</details>'
            for what, line in zip(FURTHER, self.folded, strict=False)
        )
        style = f"border-left:4px solid {colour};padding:.4em .9em;margin:.3em 0;max-width:52em"
        return f'<div style="{style}"><b style="color:{colour}">{with_code(self.title)}</b>{lines}{folded}</div>'


@dataclass(frozen=True)
class ScoreTable:
    """A chapter's exercises: for each its number, title, difficulty, verdict, points and most points."""

    chapter: str
    rows: tuple[tuple[str, str, str, str, int, int], ...]

    def _total(self) -> str:
        return f"{sum(row[4] for row in self.rows)} / {sum(row[5] for row in self.rows)}"

    def __repr__(self) -> str:
        lines = [
            f"{number:<5} {title:<44} {stars}  {f'{points} / {most}':>7}  {words}"
            for number, title, stars, words, points, most in self.rows
        ]
        return "\n".join([*lines, f"{'':<5} {'chapter ' + self.chapter:<44} {'':<3}  {self._total():>7}"])

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:left;padding:.15em .8em">'
        score = cell.replace('">', ';white-space:nowrap">')
        rows = [
            f"<tr>{''.join(f'{cell}{with_code(text)}</td>' for text in texts)}{score}{points} / {most}</td></tr>"
            for *texts, points, most in self.rows
        ]
        total = f"<tr><td></td>{cell}<b>Chapter {self.chapter}</b></td><td></td><td></td>{score}<b>{self._total()}</b></td></tr>"
        return f"<table>{''.join(rows)}{total}</table>"


def with_code(text: str) -> str:
    """Escaped for HTML, with what stands between backticks in a code face."""
    parts = html.escape(text).split("`")
    return "".join(f"<code>{part}</code>" if i % 2 else part for i, part in enumerate(parts))


def say(card: Card | ScoreTable) -> None:
    """Show it in a notebook, print it elsewhere."""
    in_notebook = "IPython" in sys.modules and sys.modules["IPython"].get_ipython() is not None
    if in_notebook:
        sys.modules["IPython"].display.display(card)
    else:
        print(card)
