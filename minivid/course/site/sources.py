"""Everything that the site is made of, as a folder of sources for Sphinx: chapters, reference, receipts, texts.

Tests in tests/course/site/test_site.py.
"""

import inspect
import re
import shutil
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import nbformat

from minivid.course import listing
from minivid.course.receipt import Receipt, receipt
from minivid.course.site import chapters, gallery, receipts, reference
from minivid.course.site.pictures import Pictures
from minivid.tools.files import write_atomically

HERE = Path(__file__).parent
PACKAGE = HERE.parents[1]
TEXTS = {  # texts of the repository that are pages, each with its page
    "HOW_A_STEP_RUNS.md": "how_a_step_runs",
    "GRADING.md": "grading",
    "CONTRIBUTING.md": "contributing",
    "CHANGELOG.md": "changelog",
}
LINK = re.compile(r"\[([^\]]+)\]\(([^)#:]+)\)")
NOT_FOR_READERS = (
    "chapters",
    "cli",
)  # rooms that the reference leaves out: a chapter's solutions, and commands, which explain themselves


def write(
    root: Path,
    executed: Path,
    folder: Path,
    kept: Path,
    package: Path = PACKAGE,
    films: Sequence[gallery.Film] = gallery.FILMS,
) -> None:
    """Write the site's sources into `folder`, replacing what an earlier call has left there.

    root: the course's folder. executed: its executed notebooks. kept: where films and coded pictures stay. package: whose reference it is.
    films: what the gallery shows. Raises NotExecuted, OfOneMachine, FileNotFoundError, ReceiptError or CannotFilm, with a sentence.
    """
    shutil.rmtree(folder, ignore_errors=True)
    pictures = Pictures(folder / "extra/pictures", kept)
    menu = {
        "The course": _chapters(executed, folder, pictures),
        "Behind it": [*_gallery(films, folder, pictures, kept), *_texts(root, folder), *_receipts(folder)],
        "The library": _reference(package, folder),
    }
    film = root / ".github/first-film.gif"
    shown = [f"pictures/{name}" for name in pictures.place([film.read_bytes()] if film.exists() else []).values()]
    _put(folder / "index.md", _index(menu, *shown))


def _chapters(executed: Path, folder: Path, pictures: Pictures) -> list[str]:
    notebooks = sorted(executed.glob("[0-9][0-9]_*.ipynb"))
    if not notebooks:
        raise FileNotFoundError(f"there is no executed notebook in {executed}: `minivid site` alone executes them.")
    for path in notebooks:
        notebook = nbformat.reads(path.read_text(encoding="utf-8"), as_version=4)
        made = chapters.page(notebook, path.name, pictures)
        _put(folder / "chapters" / path.name, nbformat.writes(made, ensure_ascii=False, sort_keys=True) + "\n")
    return [f"chapters/{path.stem}" for path in notebooks]


def _gallery(films: Sequence[gallery.Film], folder: Path, pictures: Pictures, kept: Path) -> list[str]:
    """The page of films, and the card of what runs where."""
    drawn = [gallery.draw(film, kept) for film in films]
    placed = pictures.place(drawn)
    entries = [gallery.entry(film, f"pictures/{placed[gif]}") for film, gif in zip(films, drawn, strict=True)]
    _put(folder / "gallery.md", "\n".join([(HERE / "texts/gallery.md").read_text(encoding="utf-8"), *entries]))
    _put(folder / "what_runs_where.md", (HERE / "texts/what_runs_where.md").read_text(encoding="utf-8"))
    return ["gallery", "what_runs_where"]


def _texts(root: Path, folder: Path) -> list[str]:
    """The repository's own texts that are here, their links to each other made links between pages."""
    found = {name: page for name, page in TEXTS.items() if (root / name).exists()}

    def linked(match: re.Match) -> str:
        return f"[{match[1]}]({found[match[2]]}.md)" if match[2] in found else match[1]

    for name, page in found.items():
        _put(folder / f"{page}.md", LINK.sub(linked, (root / name).read_text(encoding="utf-8")))
    return list(found.values())


def _receipts(folder: Path) -> list[str]:
    """A page for each chapter that has measured something, and the manifests themselves beside them."""
    told = defaultdict(list)
    for name, function in listing.measurements().items():
        for file in sorted((listing.folders()[name[:2]] / "receipts").glob(f"{name}.json")):
            measured = receipt(file.stem)
            told[name[:2]].append((measured, _first_sentence(function)))
            _put(folder / "extra/receipts" / file.name, receipts.file(measured))
    for number, several in told.items():
        title = f"{int(number)} · {listing.chapter(number).title}"
        _put(folder / "receipts" / f"{number}.md", receipts.page(title, sorted(several, key=_name)))
    pages = "\n".join(f"{number}" for number in sorted(told))
    text = (HERE / "texts/receipts.md").read_text(encoding="utf-8")
    _put(folder / "receipts/index.md", f"{text}\n```{{toctree}}\n{pages}\n```\n")
    return ["receipts/index"]


def _name(told: tuple[Receipt, str]) -> str:
    return told[0].name


def _first_sentence(function: Callable) -> str:
    return (inspect.getdoc(function) or "").partition("\n\n")[0].replace("\n", " ")


def _reference(package: Path, folder: Path) -> list[str]:
    """A page for each room of the house, with its modules."""
    several = reference.modules(package, NOT_FOR_READERS)
    known, rooms = reference.known_names(several), defaultdict(list)
    for module in several:
        rooms[".".join(module.name.split(".")[:2])].append(module)
    text = (HERE / "texts/reference.md").read_text(encoding="utf-8")
    rows = [f"| [{room}]({room}.md) | {reference.about(modules)} |" for room, modules in rooms.items()]
    for room, modules in rooms.items():
        _put(folder / "reference" / f"{room}.md", reference.page(room, modules, known))
    menu = "```{toctree}\n:hidden:\n:titlesonly:\n" + "\n".join(rooms) + "\n```\n"
    _put(folder / "reference/index.md", "\n".join([text, "| | |", "|---|---|", *rows, "", menu]))
    return ["reference/index"]


def _index(menu: dict[str, list[str]], film: str = "") -> str:
    """The front page: what the course is, its first film, its chapters, and the menu."""
    text = (HERE / "texts/index.md").read_text(encoding="utf-8")
    here = {page.rpartition("/")[2][:2]: page for page in menu["The course"]}
    rows = [_row(number, here.get(number)) for number in listing.folders() if int(number)]
    trees = "\n".join(
        f"```{{toctree}}\n:hidden:\n:caption: {caption}\n:titlesonly:\n" + "\n".join(pages) + "\n```\n"
        for caption, pages in menu.items()
    )
    image = (
        f'<img class="dark-light" alt="Six clips drawn from noise, each with its caption" src="{film}">' if film else ""
    )
    return text.replace("FILM", image).replace("CHAPTERS", "\n".join(rows)) + "\n" + trees


def _row(number: str, page: str | None) -> str:
    chapter = listing.chapter(number)
    title = f"[{chapter.title}]({page}.ipynb)" if page else chapter.title
    tasks = listing.exercises(number)
    held = f"{len(tasks)} exercises, {sum(task.points for task in tasks)} points" if page else "to come"
    return f"| {int(number)} | {title} | {chapter.promise} | {held} |"


def _put(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, text)
