"""What must hold of a built site, looked up in its pages: each is light, nothing is asked of another host, no link leads nowhere.

Tests in tests/course/site/test_inspection.py.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

LIMIT = 1_500_000  # bytes of a page with its pictures, without what all pages share
SHARED = "_static"  # the theme's files and MathJax: loaded once
LOADS = {
    "img": ("src",),
    "script": ("src",),
    "link": ("href",),
    "source": ("src",),
    "video": ("src", "poster"),
    "iframe": ("src",),
}
NO_LOAD = {
    "canonical",
    "author",
    "index",
    "search",
    "next",
    "prev",
    "alternate",
    "contents",
}  # <link>s that only say where something is


@dataclass
class Page(HTMLParser):
    """What a page loads, where it leads, and the places in it that can be led to."""

    loads: list[str] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    places: set[str] = field(default_factory=set)

    def __post_init__(self):
        super().__init__()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        named = dict(attributes)
        self.places |= {value for key, value in attributes if key in ("id", "name") and value}
        if tag == "a" and named.get("href"):
            self.links.append(named["href"])
        if not (tag == "link" and NO_LOAD & set((named.get("rel") or "").split())):
            self.loads += [named[key] for key in LOADS.get(tag, ()) if named.get(key)]


def read(folder: Path) -> dict[str, Page]:
    """Every page of a built site by its path in it."""
    pages = {}
    for file in sorted(folder.rglob("*.html")):
        name = file.relative_to(folder).as_posix()
        if not name.startswith(f"{SHARED}/"):
            pages[name] = Page()
            pages[name].feed(file.read_text(encoding="utf-8"))
    return pages


def weights(folder: Path, pages: dict[str, Page]) -> dict[str, int]:
    """Bytes of each page and of all files that it alone brings, each counted once."""
    return {
        name: (folder / name).stat().st_size
        + sum(file.stat().st_size for file in {_file(folder, name, url) for url in page.loads} if _is_own(folder, file))
        for name, page in pages.items()
    }


def problems(folder: Path, pages: dict[str, Page], limit: int = LIMIT) -> list[str]:
    """What does not hold, each as a sentence; none for a site as it should be."""
    found = [
        f"{name} weighs {weight / 1e6:.2f} MB with its pictures; a page has at most {limit / 1e6:.2f}."
        for name, weight in weights(folder, pages).items()
        if weight > limit
    ]
    for name, page in pages.items():
        found += [f"{name} loads {url[:100]} from elsewhere." for url in page.loads if _is_elsewhere(url)]
        found += _dead(folder, name, page, pages)
    return found


def _dead(folder: Path, name: str, page: Page, pages: dict[str, Page]) -> Iterator[str]:
    """Files that a page loads or leads to and that are not there, and places that no page has."""
    for url in dict.fromkeys([*page.loads, *page.links]):
        if urlsplit(url).scheme or url.startswith("//"):
            continue
        file, place = _file(folder, name, url), unquote(urldefrag(url).fragment)
        if not file.is_file():
            yield f"{name} leads to {url}, which is not there."
        elif (
            place and (there := pages.get(file.relative_to(folder.resolve()).as_posix())) and place not in there.places
        ):
            yield f"{name} leads to {url}, and that page has no place {place!r}."


def _file(folder: Path, name: str, url: str) -> Path:
    """The file that an address on a page means."""
    path = unquote(urlsplit(url).path)
    file = ((folder / name).parent / path if path else folder / name).resolve()
    return file / "index.html" if file.is_dir() else file


def _is_own(folder: Path, file: Path) -> bool:
    return file.is_file() and (folder / SHARED).resolve() not in file.parents


def _is_elsewhere(url: str) -> bool:
    return bool(urlsplit(url).netloc)
