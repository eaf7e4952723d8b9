"""What can be wrong with a chapter's source, each as a sentence that says where and what to do."""

import ast
import io
import re
import tokenize
from collections import Counter
from itertools import pairwise

from nbformat import NotebookNode

from minivid.course import listing
from minivid.course.exercise import Exercise

HEADING = re.compile(r"^#+ (Exercise (\d+\.\d+).*?)[ \t]*$", re.MULTILINE)
MARKER = re.compile(r"^\s*#\s*%%")
KNOWN = {"title", "exercise", "award", "tags", "cell_marker", "lines_to_next_cell", "lines_to_end_of_cell_marker"}
BLOCK = re.compile(r"### BEGIN SOLUTION\n(.*?)\n[ \t]*### END SOLUTION", re.DOTALL)
FORMULA = re.compile(r"\$\$.*?\$\$", re.DOTALL)
LIST = re.compile(
    r"\n[ \t]*((?:[-+*>]|#+|\d+[.)])[ \t][^\n]*)"
)  # a line that Markdown takes for an item, a heading or a quotation
TELLING = 30  # characters, without spaces, from which two lines in a row give a solution away


class SourceError(ValueError):
    """A chapter's source that no notebook can be built from. The message is a sentence for each problem."""


def problems_in_source(source: str) -> list[str]:
    """Problems of the Python file itself: its syntax, and `# %%` inside a string, where jupytext would split the cell."""
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        ast.parse(source)
    except (SyntaxError, tokenize.TokenError) as error:
        line = getattr(error, "lineno", None) or error.args[1][0]
        return [
            f"line {line} is not Python ({error.args[0]}); comment out magics and shell lines: `# %matplotlib inline`."
        ]
    found = []
    for token in tokens:
        if "STRING" not in tokenize.tok_name[token.type]:
            continue
        for offset, line in enumerate(token.string.splitlines()[1:], 1):
            if MARKER.match(line):
                found.append(
                    f"line {token.start[0] + offset} begins with `# %%` inside a string, which would split the cell."
                )
    return found


def problems_in_cells(cells: list[NotebookNode]) -> list[str]:
    """Problems of markers and exercises: unknown words, exercises that are unknown, twice, or without solution, check or award."""
    found = [sentence for cell in cells for sentence in _problems_in_marker(cell)]
    exercise_cells = {name: _marked(cells, "exercise", name) for name in _names(cells, "exercise")}
    award_cells = {name: _marked(cells, "award", name) for name in _names(cells, "award")}
    for kind, marked in (("exercise", exercise_cells), ("award", award_cells)):
        found += [
            f'{kind}="{name}" stands at {len(at)} cells; ids must differ.' for name, at in marked.items() if len(at) > 1
        ]
    prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    found += [
        f"`{line[1][:60]}` stands first on a line of a formula, and ends it outside JupyterLab: end the line before with its sign."
        for cell in cells
        if cell.cell_type == "markdown"
        for formula in FORMULA.findall(cell.source)
        for line in LIST.finditer(formula)
    ]
    headings = {name: text for text, name in HEADING.findall(prose)}
    written = set()
    for name in exercise_cells.keys() | award_cells.keys() | headings.keys():
        try:
            exercise = listing.exercise(name)
        except KeyError as error:
            found.append(error.args[0])
            continue
        if isinstance(exercise, Exercise):
            written.add(name)
        if headings.get(name, exercise.heading) not in (exercise.heading, f"Exercise {name}"):
            found.append(
                f"the heading `{headings[name]}` is not `{exercise.heading}`: write `Exercise {name}` and the rest is added."
            )
    for name, at in exercise_cells.items():
        if name not in award_cells:
            found.append(f'exercise {name} has no award cell: add `# %% award="{name}"` with award("{name}").')
        if name in written and not BLOCK.search(cells[at[0]].source):
            found.append(f"exercise {name} has no ### BEGIN SOLUTION … ### END SOLUTION in its cell.")
        if name not in headings:
            found.append(f"exercise {name} has no heading: write `# #### Exercise {name}` above it.")
    for name, at in award_cells.items():
        if not _calls(cells[at[0]].source, "award", name):
            found.append(f'the award cell of {name} does not call award("{name}").')
        if not any(_calls(cell.source, "check", name) for cell in cells[: at[0]] if cell.cell_type == "code"):
            found.append(
                f'award("{name}") has no check before it: end the exercise\'s cell with `name = check("{name}", name)`.'
            )
    return sorted(found)


def leaks(solved: list[NotebookNode], stubbed: list[NotebookNode]) -> list[str]:
    """Solutions that can be read in the student's notebook, in whichever cell: a whole body, or two lines of it in a row."""
    everything = _bare("\n".join(cell.source for cell in stubbed))
    found = []
    for cell in solved:
        exercise = cell.metadata.get("minivid", {}).get("exercise")
        for body in BLOCK.findall(cell.source):
            lines = [bare for line in body.splitlines() if (bare := _bare(line))]
            pairs = [text for pair in pairwise(lines) if len(text := "".join(pair)) >= TELLING]
            for text in ["".join(lines), *pairs]:
                if text and text in everything:
                    found.append(
                        f"the solution of exercise {exercise} can be read in the student's notebook: `{text[:60]}`."
                    )
                    break
    return found


def _problems_in_marker(cell: NotebookNode) -> list[str]:
    shown = cell.source.strip().splitlines()[0] if cell.source.strip() else "an empty cell"
    found = []
    strange = sorted(set(cell.metadata) - KNOWN)
    if cell.metadata.get("title", "setup") != "setup":
        strange.append(cell.metadata["title"])
    if strange:
        known = '[markdown], setup, exercise="…", award="…", tags=[…]'
        found.append(f"the marker of the cell `{shown}` says {', '.join(map(repr, strange))}; it can say {known}.")
    for kind in ("SOLUTION", "HIDDEN TESTS"):
        begins, ends = cell.source.count(f"### BEGIN {kind}"), cell.source.count(f"### END {kind}")
        if begins != ends or begins != len(
            re.findall(rf"### BEGIN {kind}\n(?:(?!### BEGIN).)*?### END {kind}", cell.source, re.DOTALL)
        ):
            found.append(f"the cell `{shown}` has ### BEGIN {kind} and ### END {kind} that do not pair.")
        if kind == "SOLUTION" and begins and "exercise" not in cell.metadata:
            found.append(f'the cell `{shown}` has a solution, but its marker does not say `# %% exercise="…"`.')
    return found


def _names(cells: list[NotebookNode], kind: str) -> list[str]:
    return list(Counter(cell.metadata[kind] for cell in cells if kind in cell.metadata))


def _marked(cells: list[NotebookNode], kind: str, name: str) -> list[int]:
    return [i for i, cell in enumerate(cells) if cell.metadata.get(kind) == name]


def _calls(source: str, function: str, exercise: str) -> bool:
    return re.search(rf"\b{function}\(\s*[\"']{re.escape(exercise)}[\"']", source) is not None


def _bare(text: str) -> str:
    """Text without comments and spaces."""
    return re.sub(r"\s+", "", re.sub(r"#[^\n]*", "", text))
