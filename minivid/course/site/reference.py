"""The library's reference: for each module what it is about, and what its public names take, give and refuse, from its docstrings.

The sources are read and not imported, so signatures stand as they are written, shapes and all. Tests in tests/course/site/test_reference.py.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from inspect import cleandoc
from pathlib import Path
from textwrap import dedent

WORD = re.compile(r"`([^`]+)`")
SPECIAL = re.compile(r"([\\*_\[\]<>$#|{}~^])")


@dataclass(frozen=True)
class Entry:
    """A public name: "function", "class", "method", "attribute" or "data"; its place, signature and docstring, and what is in it."""

    kind: str
    name: str
    signature: str
    about: str
    inside: tuple["Entry", ...] = ()


@dataclass(frozen=True)
class Module:
    name: str
    file: str
    about: str
    entries: tuple[Entry, ...]


def modules(package: Path, leave_out: tuple[str, ...] = ()) -> list[Module]:
    """Every public module of a package's folder, in order of names; `leave_out` are rooms of it, as "chapters"."""
    found = []
    for file in sorted(package.rglob("*.py")):
        parts = file.relative_to(package).with_suffix("").parts
        name = ".".join([package.name, *parts]).removesuffix(".__init__")
        if parts[0] not in leave_out and not any(part.startswith("_") and part != "__init__" for part in parts):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            path = file.relative_to(package.parent).as_posix()
            found.append(Module(name, path, ast.get_docstring(tree) or "", tuple(_entries(tree.body))))
    return found


def page(title: str, several: list[Module], known: dict[str, str]) -> str:
    """The page of several modules, in MyST. `known`: full names by the words that mean them, which become links."""
    lines = [f"# {title}", ""]
    for module in several:
        heading = ["", f"## {module.name}", ""] if module.name != title else [""]
        lines += [f":::{{py:module}} {module.name}", ":::", *heading, f"`{module.file}`", ""]
        lines += as_markdown(module.about, known)
        for entry in module.entries:
            lines += _directive(entry, module.name, known)
    return "\n".join(lines) + "\n"


def known_names(several: list[Module]) -> dict[str, str]:
    """Full names by themselves, and by the bare name where only one module has it."""
    full = [f"{module.name}.{entry.name}" for module in several for entry in module.entries]
    often = Counter(name.rpartition(".")[2] for name in full)
    bare = {short: name for name in full if often[short := name.rpartition(".")[2]] == 1 and len(short) > 4}
    return {name: name for name in full} | bare | {module.name: module.name for module in several}


def about(room: list[Module]) -> str:
    """What a room is about, in a line for a table: its own words, else the names of its modules."""
    named = ", ".join(module.name.rpartition(".")[2] for module in room[1:])
    return _escaped(room[0].about.partition("\n")[0] or named, {})


def as_markdown(docstring: str, known: dict[str, str]) -> list[str]:
    """A docstring as lines of MyST: words as they are typed, `code` in its face, indented stretches as they stand."""
    lines: list[str] = []
    for block in filter(str.strip, cleandoc(docstring).split("\n\n")):
        words = [line for line in block.split("\n")]
        told = next((i for i, line in enumerate(words) if line.startswith("  ")), len(words))
        if words[0].startswith(("- ", "* ", "1. ")):
            told = len(words)
        lines += [_escaped(line, known) for line in words[:told]]
        if told < len(words):
            lines += ["", "```text", dedent("\n".join(words[told:])), "```"]
        lines.append("")
    return lines


def _entries(body: list[ast.stmt], inside: str = "") -> Iterator[Entry]:
    """The public names of a module or class, with their docstrings, in order."""
    for i, node in enumerate(body):
        after = body[i + 1] if i + 1 < len(body) else None
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield _function(node, inside)
        elif isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
            within = tuple(_entries(node.body, node.name))
            bases = f"({', '.join(map(ast.unparse, node.bases))})" if node.bases else ""
            yield Entry("class", node.name, bases, ast.get_docstring(node) or "", within)
        elif isinstance(node, ast.AnnAssign) and inside and not ast.unparse(node.target).startswith("_"):
            value = f" = {ast.unparse(node.value)}" if node.value else ""
            yield Entry("attribute", ast.unparse(node.target), f": {ast.unparse(node.annotation)}{value}", _said(after))
        elif isinstance(node, ast.Assign) and _said(after) and not ast.unparse(node.targets[0]).startswith("_"):
            kind = "attribute" if inside else "data"
            yield Entry(kind, ast.unparse(node.targets[0]), f" = {ast.unparse(node.value)}", _said(after))


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, inside: str) -> Entry:
    marks = {ast.unparse(mark) for mark in node.decorator_list}
    gives = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    if inside and marks & {"property", "cached_property"}:
        return Entry("attribute", node.name, gives.replace(" -> ", ": "), ast.get_docstring(node) or "")
    if inside and "staticmethod" not in marks:
        given = node.args.posonlyargs or node.args.args
        del given[:1]  # self
    return Entry(
        "method" if inside else "function",
        node.name,
        f"({ast.unparse(node.args)}){gives}",
        ast.get_docstring(node) or "",
    )


def _said(node: ast.stmt | None) -> str:
    """The string that stands under an assignment, if one does."""
    is_string = (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
    )
    return cleandoc(node.value.value) if is_string else ""


def _directive(entry: Entry, module: str, known: dict[str, str], fence: int = 8) -> list[str]:
    """A name's description; what is in a class stands in its own, with a shorter fence."""
    is_value = entry.kind in ("data", "attribute")
    head = f"{':' * fence}{{py:{entry.kind}}} {entry.name}{'' if is_value else entry.signature}"
    options = [] if fence < 8 else [f":module: {module}"]
    shown = ["", f"`{entry.name}{entry.signature}`", ""] if is_value and entry.signature else []
    inside = [line for one in entry.inside for line in _directive(one, module, known, fence - 1)]
    return [head, *options, *shown, "", *as_markdown(entry.about, known), *inside, ":" * fence, ""]


def _escaped(line: str, known: dict[str, str]) -> str:
    """Words as they are typed, and links where code names something that is known."""
    parts = WORD.split(line)
    return "".join(_code(part, known) if i % 2 else SPECIAL.sub(r"\\\1", part) for i, part in enumerate(parts))


def _code(word: str, known: dict[str, str]) -> str:
    return f"{{py:obj}}`{word} <{known[word]}>`" if word in known else f"`{word}`"
