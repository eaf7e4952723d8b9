"""The site's pages as they are laid out: what is as wide as a page is seen whole on a laptop, and can be read on a phone.

`make browser BROWSER_ARGS='-k site'`; what the pages say is tested in tests/course/site.
"""

import base64

import nbformat
import pytest
import torch
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from minivid.course.site import making, sources
from minivid.show import show
from minivid.show.style import PAGE, Picture

LAPTOP, PHONE = 1280, 390
SCROLLBAR = 15  # pixels of a window that a headless browser does not spend
LEGIBLE = 0.8  # of a figure's size
SENTENCE = "One sentence that a cell has printed, and that is a good deal longer than the line of any phone."
ROW = "a row of numbers" + "   1.23 [1.20, 1.26]" * 4


@pytest.fixture(scope="module")
def chapter(tmp_path_factory) -> str:
    """The address of a built chapter: a figure and films of a page's width, a printed sentence and a row of a table."""
    if making.missing():
        pytest.skip(making.what_to_install(making.missing()))
    home = tmp_path_factory.mktemp("site")
    figure, sizes = Picture(PAGE, 200)._repr_mimebundle_()
    clips = {f"clip {i}": torch.zeros(1, 1, 2, 32, 32) for i in range(4)}
    outputs = [
        new_output("display_data", {"image/png": base64.b64encode(figure["image/png"]).decode()}, metadata=sizes),
        new_output("display_data", {"text/html": show(**clips, height=192)._repr_html_()}),
        new_output("stream", name="stdout", text=f"{SENTENCE}\n{ROW}\n"),
    ]
    prose = (
        "# 1 · First\n## 1.1 Why?\nText.\n## 1.2 How?"  # sections: their list stands beside the page, and takes room
    )
    cells = [new_markdown_cell(prose), new_code_cell("draw()", execution_count=1, outputs=outputs)]
    (home / "executed").mkdir()
    nbformat.write(new_notebook(cells=cells), home / "executed/01_first.ipynb")
    (home / "course").mkdir()
    (home / "course/__init__.py").write_text('"""A small course."""\n')
    sources.write(home, home / "executed", home / "sources", home / "kept", package=home / "course", films=())
    making.build(home / "sources", home / "pages")
    return (home / "pages/chapters/01_first.html").as_uri()


@pytest.fixture
def opened_at(browser, chapter):
    """`opened_at(width)`: the chapter in a window so wide, its pictures loaded."""
    pages = []

    def open_it(width: int):
        page = browser.new_page(viewport={"width": width, "height": 900})
        pages.append(page)
        page.goto(chapter)
        for picture in page.locator(".cell_output img").all():
            picture.scroll_into_view_if_needed()
        page.wait_for_function("[...document.querySelectorAll('.cell_output img')].every(i => i.naturalWidth)")
        return page

    yield open_it
    for page in pages:
        page.close()


def hidden(page, css: str) -> int:
    """By how many pixels the first such thing is wider than what is seen of it."""
    return page.locator(css).first.evaluate("it => it.scrollWidth - it.clientWidth")


def width(page, css: str) -> float:
    return page.locator(css).first.bounding_box()["width"]


def test_a_page_wide_figure_and_its_films_are_seen_whole_on_a_laptop(opened_at):
    page = opened_at(LAPTOP - SCROLLBAR)
    assert width(page, ".cell_output img[alt^=Figure]") == PAGE
    assert hidden(page, '.text_html > div[style*="overflow-x"]') <= 0
    assert hidden(page, "html") <= 0


def test_a_phone_s_page_is_no_wider_than_it_and_the_figure_on_it_is_legible(opened_at):
    page = opened_at(PHONE)
    assert hidden(page, "html") <= 0
    assert width(page, ".cell_output img[alt^=Figure]") == pytest.approx(LEGIBLE * PAGE, abs=1)
    assert hidden(page, ".text_html:has(img[alt^=Figure])") > 0, "it is moved within itself"


def test_on_a_phone_a_printed_sentence_is_broken_and_a_table_s_row_is_not(opened_at):
    page = opened_at(PHONE)
    line = page.locator("pre.printed").evaluate("it => parseFloat(getComputedStyle(it).lineHeight)")
    height = {kind: page.locator(f"pre.printed .{kind}").bounding_box()["height"] for kind in ("words", "columns")}
    assert height["words"] > 1.5 * line and height["columns"] < 1.5 * line
