"""The house stands: no import runs upwards, and the rooms on the ground do not know each other."""

import ast
from pathlib import Path

import minivid

HOUSE = Path(minivid.__file__).parent
TOOLS = {"tools"}  # anyone's; they know nobody
GROUND = {"data", "nn", "diffusion", "motion", "show"}
STOREYS = [
    GROUND,
    {"metrics", "checkpoint", "state"},
    {"batches", "train", "run", "zoo", "judges", "evaluation"},
    {"course", "cli", "__main__"},
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
    assert [file for file, room, other in imports() if other == "course" and room not in ("course", "cli")] == []


def test_an_upward_import_would_be_seen_however_it_is_written():
    assert imported_rooms("import minivid.course.check", "minivid.nn") == {"course"}
    assert imported_rooms("from minivid import course", "minivid.nn") == {"course"}
    assert imported_rooms("from minivid.course import check", "minivid.nn") == {"course"}
    assert imported_rooms("def f():\n    from ..course import check", "minivid.nn") == {"course"}
    assert imported_rooms("from ...course import check", "minivid.nn.attention") == {"course"}
    assert imported_rooms("importlib.import_module('minivid.course')", "minivid.nn") == {"course"}
    assert imported_rooms("import torch, einops", "minivid.nn") == set()
