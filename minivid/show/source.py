"""`show_source`: the library's own code, highlighted, with the file and lines it stands in.

Tests in tests/show/test_source.py.
"""

import html
import inspect
from dataclasses import dataclass
from pathlib import Path

from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer


def show_source(obj: object) -> "Source":
    """The source of a function, class or module (of an instance: its class). ValueError where there is none to read."""
    thing = obj
    if not (inspect.isroutine(obj) or inspect.isclass(obj) or inspect.ismodule(obj)):
        thing = type(obj)
    thing = inspect.unwrap(thing) if callable(thing) else thing
    try:
        lines, first = inspect.getsourcelines(thing)
        file = inspect.getsourcefile(thing)
    except (TypeError, OSError):
        name = getattr(thing, "__qualname__", repr(obj))
        raise ValueError(f"{name} has no Python source to show (it is built in or compiled).") from None
    code = inspect.cleandoc("".join(lines)) if inspect.ismodule(thing) else _dedent("".join(lines))
    return Source(code, _place(file), max(first, 1), max(first, 1) + len(lines) - 1)


@dataclass(frozen=True)
class Source:
    """Code and where it stands: highlighted in a notebook, plain elsewhere."""

    code: str
    file: str
    first: int
    last: int

    @property
    def caption(self) -> str:
        return f"{self.file}, lines {self.first}–{self.last}"

    def _repr_html_(self) -> str:
        formatter = HtmlFormatter(noclasses=True, style="xcode", prestyles="margin:0;line-height:1.4;font-size:12.5px")
        code = highlight(self.code, PythonLexer(), formatter)
        return (
            f'<div style="border:1px solid #d9d9d9;border-radius:4px;background:#fff;color:#222;max-width:840px">'
            f'<div style="padding:4px 10px;border-bottom:1px solid #d9d9d9;color:#555;font:12px/1.5 system-ui,sans-serif">'
            f'{html.escape(self.caption)}</div><div style="padding:8px 10px;overflow-x:auto">{code}</div></div>'
        )

    def __repr__(self) -> str:
        return f"# {self.caption}\n{self.code}"


def _dedent(code: str) -> str:
    margin = len(code) - len(code.lstrip(" "))
    return "\n".join(line[margin:] if line[:margin].isspace() else line for line in code.rstrip().split("\n"))


def _place(file: str | None) -> str:
    """The path from the package's own folder on; a notebook's cell is called that."""
    path = Path(file or "")
    if not path.is_file() or "ipykernel" in path.as_posix():
        return "this notebook"
    root = path.parent
    while (root / "__init__.py").exists():
        root = root.parent
    return path.relative_to(root).as_posix()
