"""From sources to pages by Sphinx, myst-nb and sphinx-book-theme, with MathJax beside them; a warning is an error.

The settings stand here and in no conf.py: nothing is read from where the command happens to run. Tests in tests/course/site/test_site.py.
"""

import importlib
import importlib.util
import io
import os
import re
import shutil
from copy import deepcopy
from pathlib import Path

PACKAGES = ("sphinx", "myst_nb", "sphinx_book_theme", "mathjax")
STATIC = Path(__file__).parent / "static"
SETTINGS = {
    "project": "minivid",
    "author": "The minivid authors",
    "copyright": "The minivid authors, Apache License 2.0",
    "extensions": ["myst_nb", "sphinx.ext.mathjax"],
    "source_suffix": {".md": "myst-nb", ".ipynb": "myst-nb"},
    "exclude_patterns": ["extra"],
    "html_theme": "sphinx_book_theme",
    "html_title": "minivid",
    "html_static_path": [str(STATIC)],
    "html_css_files": ["site.css"],
    "html_favicon": str(STATIC / "favicon.svg"),
    "html_extra_path": ["extra"],
    "html_context": {"default_mode": "auto"},
    "html_copy_source": False,
    "html_show_sourcelink": False,
    "html_theme_options": {
        "logo": {"text": "minivid"},
        "use_download_button": False,
        "home_page_in_toc": True,
        "show_navbar_depth": 1,
        "navigation_depth": 1,
        "collapse_navigation": True,
        "show_toc_level": 2,
        **{f"navbar_{part}": [] for part in ("start", "center", "end", "persistent")},  # the side has the search
    },
    "mathjax_path": "mathjax/tex-svg.js",
    "mathjax3_config": {"options": {"enableMenu": False}},  # its menu would load more than lies here
    "myst_enable_extensions": ["dollarmath", "amsmath", "colon_fence"],
    "myst_dmath_double_inline": True,  # a formula between $$ and $$ need not stand apart from its sentence
    "myst_heading_anchors": 3,
    "nb_execution_mode": "off",
    "nb_merge_streams": True,
    "nb_render_markdown_format": "myst",  # a table that a cell shows is a table
    "python_maximum_signature_line_length": 88,
    # an exercise's heading is the fourth level wherever it stands; a class that two modules have is no link in a signature
    "suppress_warnings": ["myst.header", "ref.python"],
}


SEARCHING = re.compile(
    r'\s*<script src="[./]*(?:_static/searchtools|_static/language_data|searchindex)\.js[^"]*"></script>'
)


class CannotBuild(RuntimeError):
    """The site cannot be built. The message is a sentence, or the warnings, one a line."""


def missing() -> list[str]:
    """The packages that are not here."""
    return [name for name in PACKAGES if importlib.util.find_spec(name) is None]


def what_to_install(absent: list[str]) -> str:
    """The sentence for one who has not all packages."""
    return f"the site needs {', '.join(absent)}: `pip install -c constraints.txt -e '.[site]'` in the course's folder brings it."


def build(sources: Path, out: Path) -> None:
    """Write the site of `sources` to `out`, in place of what was there. Raises CannotBuild when a package is missing or Sphinx warns."""
    if absent := missing():
        raise CannotBuild(what_to_install(absent))
    from sphinx.application import Sphinx
    from sphinx.util.console import strip_colors
    from sphinx.util.docutils import docutils_namespace, patch_docutils

    shutil.rmtree(out, ignore_errors=True)
    trees = sources.with_name(f"{sources.name}-trees")
    shutil.rmtree(trees, ignore_errors=True)
    said = io.StringIO()
    before = os.environ.get("SOURCE_DATE_EPOCH")
    os.environ["SOURCE_DATE_EPOCH"] = "0"  # the same bytes whenever it is built
    try:
        with patch_docutils(), docutils_namespace():
            app = Sphinx(
                sources,
                None,
                out,
                trees,
                "html",
                deepcopy(SETTINGS),
                status=None,
                warning=said,
                freshenv=True,
                parallel=1,
            )
            app.set_html_assets_policy("always")  # a page without equations may have hints with formulas
            app.build()
    finally:
        shutil.rmtree(trees, ignore_errors=True)
        os.environ.pop("SOURCE_DATE_EPOCH")
        if before is not None:
            os.environ["SOURCE_DATE_EPOCH"] = before
    if warnings := strip_colors(said.getvalue()).strip():
        raise CannotBuild(re.sub(rf"{re.escape(str(sources))}/?", "", warnings))
    (out / ".buildinfo").unlink()  # for another build into the same folder, which there is not
    _add_mathjax(out)
    _leave_searching_to_its_page(out)


def _leave_searching_to_its_page(out: Path) -> None:
    """The theme would load the index of all words with every page, and nothing but the page of results reads it."""
    for page in out.rglob("*.html"):
        if page.name != "search.html":
            page.write_text(SEARCHING.sub("", page.read_text(encoding="utf-8")), encoding="utf-8")


def _add_mathjax(out: Path) -> None:
    """MathJax as one file, from the package that carries it."""
    package = Path(importlib.import_module("mathjax").__file__).parent
    (out / "_static/mathjax").mkdir(parents=True)
    shutil.copyfile(package / "static/mathjax/es5/tex-svg.js", out / "_static/mathjax/tex-svg.js")
