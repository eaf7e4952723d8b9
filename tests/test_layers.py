"""The house stands: no import runs upwards and none in a circle, and the rooms on the ground do not know each other."""

import ast
import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import minivid

HOUSE = Path(minivid.__file__).parent
TOOLS = {"tools"}  # anyone's; they know nobody
GROUND = {"data", "nn", "diffusion", "motion", "show"}
ORDER = [
    "batches",
    "train",
    "run",
    "distilling",
    "controlling",
    "picturing",
    "enlarging",
    "zoo",
    "judges",
    "evaluation",
]  # of the third storey: none knows a later one
STOREYS = [
    GROUND,
    {"metrics", "checkpoint", "state", "optimizers", "adapt", "mean_flow"},
    {*ORDER, "doctor"},
    {"course"},
    {"chapters"},
    {"cli", "__main__"},
]


def storey(room: str) -> int:
    return next(level for level, rooms in enumerate(STOREYS) if room in rooms)


@cache
def rooms() -> set[str]:
    """The parts of minivid that hold Python: its modules and packages."""
    files = [path for path in HOUSE.rglob("*.py") if path != HOUSE / "__init__.py"]
    return {path.relative_to(HOUSE).parts[0].removesuffix(".py") for path in files}


def imported(source: str, package: str) -> list[str]:
    """What of minivid this source imports, anywhere in it, by dotted name; `package` is the dotted package that it lies in."""
    names = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            base = ".".join([*parents, *([node.module] if node.module else [])])
            names += [f"{base}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            names += [a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return [name for name in names if name.startswith("minivid.")]


def imported_rooms(source: str, package: str) -> set[str]:
    """Parts of minivid that this source imports."""
    return {name.split(".")[1] for name in imported(source, package)} & rooms()


def imported_modules(sources: dict[str, str]) -> dict[str, set[str]]:
    """For each module (a dotted name; a package's is that of its folder) those of them that it imports, anywhere in it."""
    packages = {name for name in sources if any(other.startswith(f"{name}.") for other in sources)}
    found = {}
    for name, source in sources.items():
        names = imported(source, name if name in packages else name.rpartition(".")[0])
        # `from a.b import c` is of the module a.b.c where there is one, else of a.b
        found[name] = {n if n in sources else n.rpartition(".")[0] for n in names} & sources.keys() - {name}
    return found


def modules() -> dict[str, str]:
    """The source of every module of minivid, by its dotted name."""
    named = {path: path.relative_to(HOUSE.parent).with_suffix("") for path in HOUSE.rglob("*.py")}
    return {
        ".".join(name.parts).removesuffix(".__init__"): path.read_text(encoding="utf-8") for path, name in named.items()
    }


@cache
def imports() -> list[tuple[str, str, str]]:
    """(file, the room it lies in, a room that it imports), for each such pair."""
    found = []
    for path in sorted(HOUSE.rglob("*.py")):
        where = path.relative_to(HOUSE)
        room = where.parts[0].removesuffix(".py")
        package = ".".join(["minivid", *where.parent.parts])
        for other in sorted(imported_rooms(path.read_text(encoding="utf-8"), package) - {room}):
            found.append((str(where), room, other))
    return found


def test_every_room_has_its_storey():
    assert rooms() <= set.union(TOOLS, *STOREYS), "say on which storey the new one stands, in STOREYS"


def test_every_room_that_is_listed_is_there():
    assert set.union(TOOLS, *STOREYS) <= rooms(), "a room that is gone has no storey"


def test_no_import_runs_upwards():
    upwards = [
        f"{file} imports {other}"
        for file, room, other in imports()
        if other not in TOOLS and (room in TOOLS or room == "__init__" or storey(other) > storey(room))
    ]
    assert upwards == []


def test_on_the_third_storey_none_knows_a_later_one():
    later = [
        f"{file} imports {other}"
        for file, room, other in imports()
        if {room, other} <= set(ORDER) and ORDER.index(other) > ORDER.index(room)
    ]
    assert later == []


def test_no_import_runs_in_a_circle():
    """Those inside functions and those for types alone count too: a reader follows them all the same."""
    try:
        TopologicalSorter(imported_modules(modules())).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_the_rooms_on_the_ground_do_not_know_each_other():
    assert [f"{file} imports {other}" for file, room, other in imports() if room in GROUND and other in GROUND] == []


def test_nothing_in_the_library_imports_the_course():
    above = ("course", "chapters", "cli")
    assert [file for file, room, other in imports() if other in ("course", "chapters") and room not in above] == []


CHAPTERS = sorted((HOUSE / "chapters").glob("ch[0-9][0-9]"))
OF_A_CHAPTER = re.compile(r"\bch\d\d\b|^0\d$|^\d\d_\w+$|^\d{1,2}\.\d{1,2}$|\d\d_\w+\.(py|ipynb|json)")
"""A folder, a number (of the first ten: 12 may be anything), a receipt, an exercise, a file."""


def named_chapters(source: str) -> set[str]:
    """What this source names that is a chapter's: imports and words, but for docstrings."""
    found, docstrings_and_formats = set(), []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr):
            docstrings_and_formats.append(node.value)
        elif isinstance(node, ast.FormattedValue) and node.format_spec:
            docstrings_and_formats += node.format_spec.values
        elif node in docstrings_and_formats:
            continue
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found |= {*re.findall(r"\bch\d\d\b", ast.unparse(node))}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and OF_A_CHAPTER.search(node.value):
            found.add(node.value)
    return found


def test_no_chapter_names_another():
    for chapter in CHAPTERS:
        others = {other.name for other in CHAPTERS} - {chapter.name}
        for file in chapter.rglob("*.py"):
            assert not others & named_chapters(file.read_text(encoding="utf-8")), file


def test_nothing_outside_names_a_chapter():
    files = [file for file in HOUSE.rglob("*.py") if HOUSE / "chapters" not in file.parents]
    named = {str(file.relative_to(HOUSE)): named_chapters(file.read_text(encoding="utf-8")) for file in files}
    assert {file: names for file, names in named.items() if names} == {}


def test_a_chapter_s_name_would_be_seen_however_it_is_written():
    assert named_chapters("from minivid.chapters import ch03") == {"ch03"}
    assert named_chapters("import minivid.chapters.ch03.experiments as e") == {"ch03"}
    assert named_chapters("import_module('minivid.chapters.ch03')") == {"minivid.chapters.ch03"}
    assert named_chapters("receipt('03_guidance'), check('3.1', f), summary('03')") == {"03_guidance", "3.1", "03"}
    assert named_chapters("def f():\n    '3.1'\n    return 'mine/00_index.ipynb'") == {"mine/00_index.ipynb"}
    assert named_chapters("version = '1.2.3', 'pillow 10', '2026', f'{x:14}'") == set()


def test_an_upward_import_would_be_seen_however_it_is_written():
    assert imported_rooms("import minivid.course.check", "minivid.nn") == {"course"}
    assert imported_rooms("from minivid import course", "minivid.nn") == {"course"}
    assert imported_rooms("from minivid.course import check", "minivid.nn") == {"course"}
    assert imported_rooms("def f():\n    from ..course import check", "minivid.nn") == {"course"}
    assert imported_rooms("from ...course import check", "minivid.nn.attention") == {"course"}
    assert imported_rooms("importlib.import_module('minivid.course')", "minivid.nn") == {"course"}
    assert imported_rooms("import torch, einops", "minivid.nn") == set()


def test_a_circle_would_be_seen_however_it_is_written():
    sources = {"minivid.a": "", "minivid.a.one": "def f():\n    from minivid.a import two", "minivid.a.three": ""}
    for back in (
        "import minivid.a.one",
        "from . import one",
        "from .one import f",
        "if TYPE_CHECKING:\n    from minivid.a.one import f",
    ):
        with pytest.raises(CycleError):
            TopologicalSorter(imported_modules({**sources, "minivid.a.two": back})).prepare()
    TopologicalSorter(imported_modules({**sources, "minivid.a.two": "from . import three"})).prepare()
