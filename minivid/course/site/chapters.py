"""An executed notebook as a page: its pictures light and in files of their own, its hints foldable, its widgets named.

What a page cannot do is said where it would stand: a widget needs a kernel, and what tells of a machine is told on the reader's. Tests in tests/course/site/test_chapters.py.
"""

import base64
import html
import re
from collections.abc import Iterator
from itertools import groupby

import nbformat
from nbformat import NotebookNode

from minivid.course.build import METADATA
from minivid.course.cards import OF_THIS_MACHINE
from minivid.course.first_cell import TAG
from minivid.course.site.pictures import Pictures

FOLDER = "../pictures"  # as a chapter's page sees it
INLINE = re.compile(r'src="data:image/(?:gif|png|jpeg);base64,([A-Za-z0-9+/=\s]+)"')
DETAILS = re.compile(r"<details>\s*<summary>(.*?)</summary>(.*?)</details>", re.DOTALL)
CODE = re.compile(r"<code>(.*?)</code>", re.DOTALL)
HEADING = re.compile(r"^#{1,4} +(.+)$", re.MULTILINE)
GIF_OF = re.compile(r'alt="GIF of (\d+) frames: ')
NOTEBOOK = re.compile(r'href="(\d\d_\w+)\.ipynb"')
WIDGET = "application/vnd.jupyter.widget-view+json"
MARKUP = re.compile(r"<[^>]*>")
PATH = re.compile(r"(?<![\w.)\]/~])(?:/[\w.+-]+){2,}|\b[A-Z]:\\\w[\w\\.+-]*")  # whole, from the root of a disk
COLUMNS = re.compile(r"^ |\S {2,}\S")  # a line of a table, which nobody may break
PROGRESS = re.compile(r"\s*\d+%\|")  # a bar that has run through: nothing to turn
NOTE = (
    '<div class="needs-a-kernel">Here the notebook has something to turn and to press, which needs Python: '
    "<code>make lab</code> opens it. Mostly a figure beside it shows what it is about.</div>"
)
YOURS = (
    '<div class="needs-a-kernel">Here the notebook tells of the machine that it runs on and of your own answers: '
    "<code>make lab</code> opens it.</div>"
)


class NotExecuted(ValueError):
    """A notebook without outputs, or whose run has failed. The message says what to do."""


class OfOneMachine(ValueError):
    """An output that names a place on the disk of whoever ran the notebook. The message says which, and what to do."""


def page(notebook: NotebookNode, name: str, pictures: Pictures) -> NotebookNode:
    """The page of an executed notebook, for myst-nb.

    Raises NotExecuted for one that was not run to its end, OfOneMachine for one that shows where it was run, naming it.
    """
    code = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    if any(cell.execution_count is None for cell in code):
        raise NotExecuted(f"{name} has cells that were not run: execute it whole, or leave it to `minivid site`.")
    files = pictures.place(_pictures_of(code))
    cells, section = [], name
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            section = next(reversed(HEADING.findall(cell.source)), section)
        if not _is_award(cell) and TAG not in cell.metadata.get("tags", ()):
            cells.append(_cell(cell, name, files, section))
    return nbformat.from_dict({"cells": cells, "metadata": METADATA, "nbformat": 4, "nbformat_minor": 5})


def unfolded(markdown: str) -> str:
    """What is folded away, with its inside as Markdown too: HTML alone would show `$x$` and `*x*` as they are typed."""

    def opened(match: re.Match) -> str:
        inside = CODE.sub(lambda code: f"`{html.unescape(code[1])}`", match[2].strip())
        return f"\n<details><summary>{match[1]}</summary>\n\n{inside}\n\n</details>\n"

    return DETAILS.sub(opened, markdown)


def _pictures_of(code: list[NotebookNode]) -> Iterator[bytes]:
    """The bytes of all pictures that the cells show."""
    for data in (
        output.data for cell in code for output in cell.outputs if "data" in output and WIDGET not in output.data
    ):
        if "image/png" in data:
            yield base64.b64decode(data["image/png"])
        else:
            yield from map(base64.b64decode, INLINE.findall(data.get("text/html", "")))


def _is_award(cell: NotebookNode) -> bool:
    """The locked cell, which says to a grader what the check above it has said to the student."""
    return cell.metadata.get("nbgrader", {}).get("grade", False)


def _cell(cell: NotebookNode, name: str, files: dict[bytes, str], section: str) -> dict:
    """A cell as the page has it; `section` is the heading that it stands under, which says of a figure what it is about."""
    tags = ["hide-input"] if "setup" in cell.metadata.get("tags", ()) else []  # a page of imports
    made = {"cell_type": cell.cell_type, "id": cell.id, "metadata": {"tags": tags}}
    if cell.cell_type == "markdown":
        return made | {"source": unfolded(cell.source)}
    outputs = [shown for output in _joined(cell.outputs) if (shown := _output(output, name, files, section))]
    for output in outputs:
        _refuse_paths(output, name, section)
    return made | {"source": cell.source, "outputs": outputs, "execution_count": cell.execution_count}


def _joined(outputs: list[NotebookNode]) -> Iterator[NotebookNode]:
    """Outputs in order; what was printed in several goes is one, as a reader of the notebook sees it."""
    for kind, several in groupby(outputs, key=lambda output: output.get("name", output.output_type)):
        if kind in ("stdout", "stderr"):
            text = "".join(output.text for output in several)
            yield nbformat.v4.new_output("stream", name=kind, text=text)
        else:
            yield from several


def _output(output: NotebookNode, name: str, files: dict[bytes, str], section: str) -> dict | None:
    """An output as the page shows it; None for one that says nothing to a reader."""
    if output.output_type == "error":
        raise NotExecuted(
            f"{name} ended with {output.ename}: {output.evalue}. Mend the chapter, then execute it again."
        )
    if output.output_type == "stream":
        return _shown({"text/html": _printed(output.text)}) if output.text.strip() else None
    data = output.data
    if WIDGET in data:
        shown = {} if PROGRESS.match(data.get("text/plain", "")) else {"text/html": NOTE}
    elif "image/png" in data:
        shown = {"text/html": _figure(data, output.metadata.get("image/png", {}), files, section)}
    elif "text/html" in data:
        shown = {"text/html": YOURS if OF_THIS_MACHINE in data["text/html"] else _light(data["text/html"], files)}
    else:
        shown = {kind: text for kind, text in data.items() if kind in ("text/markdown", "text/latex")}
        shown = shown or {"text/html": _printed(data["text/plain"])}
    return _shown(shown) if shown else None


def _shown(data: dict[str, str]) -> dict:
    return {"output_type": "display_data", "data": data, "metadata": {}}


def _printed(text: str) -> str:
    """What was printed. A sentence goes on in the next line where the page ends; rows of a table stand as they are, and are moved aside."""
    lines = text.rstrip().splitlines(keepends=True)
    several = groupby(lines, key=lambda line: "columns" if COLUMNS.search(line) else "words")
    spans = [f'<span class="{kind}">{html.escape("".join(same))}</span>' for kind, same in several]
    return f'<pre class="printed">{"".join(spans)}</pre>'


def _refuse_paths(output: dict, name: str, section: str) -> None:
    """Raises OfOneMachine for an output whose words name a place on a disk: a warning's, a file's, an installation's."""
    words = MARKUP.sub(" ", " ".join(output["data"].values()))
    if found := PATH.search(html.unescape(words)):
        raise OfOneMachine(
            f"{name} shows {found[0]}, a place on the machine that ran it, under '{section}': pages tell of no machine. "
            f"Let the cell say it without the place, or mark its table as {OF_THIS_MACHINE}."
        )


def _figure(data: NotebookNode, size: dict, files: dict[bytes, str], section: str) -> str:
    """A figure with its size on the page, so that nothing moves when it has been loaded, and a phone knows what it would shrink."""
    width, height = size.get("width"), size.get("height")
    room = f' width="{width}" height="{height}" style="--natural:{width}px"' if width and height else ""
    file = files[base64.b64decode(data["image/png"])]
    alt = html.escape(f"Figure: {section}")
    return f'<img class="dark-light" alt="{alt}"{room} loading="lazy" src="{FOLDER}/{file}">'


def _light(code: str, files: dict[bytes, str]) -> str:
    """HTML whose pictures are files, with what moves in them in words, and whose links to notebooks lead to their pages."""

    def file(match: re.Match) -> str:
        return f'class="dark-light" loading="lazy" src="{FOLDER}/{files[base64.b64decode(match[1])]}"'

    told = GIF_OF.sub(r'alt="A film of \1 frames: ', INLINE.sub(file, code))
    return NOTEBOOK.sub(r'href="\1.html"', told)
