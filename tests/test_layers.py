"""The house stands: no import runs upwards, and the rooms on the ground do not know each other."""

import ast
import re
from pathlib import Path

import minivid

HOUSE = Path(minivid.__file__).parent
TOOLS = {"budget", "compat", "place", "progress", "tools"}  # anyone's; they know nobody
GROUND = {"data", "nn", "diffusion", "motion", "show"}
STOREYS = [
    GROUND,
    {"metrics", "checkpoint", "state"},
    {"batches", "train", "run", "zoo", "judges", "evaluation", "doctor"},
    {"course"},
    {"chapters"},
    {"cli", "__main__"},
]


def storey(room: str) -> int:
    return next(level for level, rooms in enumerate(STOREYS) if room in rooms)


def rooms() -> set[str]:
    """The parts of minivid that hold Python: its modules and packages."""
    files = [path for path in HOUSE.rglob("*.py") if path != HOUSE / "__init__.py"]
    return {path.relative_to(HOUSE).parts[0].removesuffix(".py") for path in files}


def imported_rooms(source: str, package: str) -> set[str]:
    """Parts of minivid that this source imports, anywhere in it; `package` is the dotted package that it lies in."""
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
    return {name.split(".")[1] for name in names if name.startswith("minivid.")} & rooms()


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


def test_no_import_runs_upwards():
    upwards = [
        f"{file} imports {other}"
        for file, room, other in imports()
        if other not in TOOLS and (room in TOOLS or room == "__init__" or storey(other) > storey(room))
    ]
    assert upwards == []


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
