"""What becomes of a notebook's cells on its page."""

import re

import nbformat
import pytest

from minivid.chapters.ch00.index import doctor_table, progress_table
from minivid.course.first_cell import first_cell
from minivid.course.site.chapters import NotExecuted, OfOneMachine, page, unfolded
from minivid.course.site.pictures import Pictures


@pytest.fixture
def made(tmp_path):
    """A notebook's page, and the folder of its pictures."""
    return lambda notebook: page(notebook, "01_first.ipynb", Pictures(tmp_path / "pictures", tmp_path / "kept"))


def html_of(notebook: nbformat.NotebookNode) -> str:
    return "".join(out.data.get("text/html", "") for cell in notebook.cells for out in cell.get("outputs", ()))


def test_no_picture_is_left_in_the_page_or_left_out_of_the_folder(made, executed, film_html, figure, tmp_path):
    data = {"image/png": figure, "text/plain": "<Picture>"}
    notebook = executed(data, {"text/html": film_html + film_html})
    notebook.cells[1].outputs[0].metadata = {"image/png": {"width": 4, "height": 4}}
    text = html_of(made(notebook))
    assert "base64" not in text and text.count(".webp") == 3
    assert 'width="4" height="4" style="--natural:4px"' in text, "a phone knows how much it would shrink"
    assert len(list((tmp_path / "pictures").iterdir())) == 2


def test_a_notebook_that_was_not_run_or_failed_is_refused_by_name(made, executed):
    notebook = executed()
    notebook.cells[1].execution_count = None
    with pytest.raises(NotExecuted, match=r"01_first\.ipynb has cells that were not run"):
        made(notebook)
    notebook = executed()
    notebook.cells[1].outputs = [nbformat.v4.new_output("error", ename="KeyError", evalue="'x'", traceback=[])]
    with pytest.raises(NotExecuted, match=r"01_first\.ipynb ended with KeyError: 'x'"):
        made(notebook)


def test_award_cells_and_the_widgets_state_are_left_out(made, executed):
    notebook = executed({"text/plain": "1"})
    award = nbformat.v4.new_code_cell('award("1.1")', execution_count=2, metadata={"nbgrader": {"grade": True}})
    notebook.cells.append(award)
    notebook.metadata["widgets"] = {"state": 1}
    made_of_it = made(notebook)
    assert len(made_of_it.cells) == 2 and "widgets" not in made_of_it.metadata


def test_the_cell_that_fetches_the_course_elsewhere_is_left_out(made, executed):
    notebook = executed({"text/plain": "1"})
    without = made(notebook)
    notebook.cells.insert(1, nbformat.from_dict(first_cell() | {"execution_count": 1}))
    assert made(notebook) == without


def test_a_widget_is_a_sentence_and_a_progress_bar_is_nothing(made, executed):
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    notebook = executed(view | {"text/plain": "VBox(children=())"}, view | {"text/plain": "  0%|          | 0/12"})
    assert html_of(made(notebook)).count("needs Python") == 1
    assert len(made(notebook).cells[1].outputs) == 1


def test_the_notebook_that_is_handed_in_is_not_changed(made, executed, film_html):
    notebook = executed({"text/html": film_html})
    before = nbformat.writes(notebook)
    made(notebook)
    assert nbformat.writes(notebook) == before


def test_a_hint_s_inside_is_markdown_and_its_code_is_code():
    text = "A.\n<details><summary>Hint</summary>\n<code>a * b &lt; c</code> and $x$.</details>\nB."
    assert unfolded(text) == ("A.\n\n<details><summary>Hint</summary>\n\n`a * b < c` and $x$.\n\n</details>\n\nB.")


def test_pictures_are_told_in_words_the_film_by_its_clips_and_the_figure_by_its_section(
    made, executed, film_html, figure
):
    film = film_html.replace('alt="', 'alt="GIF of 6 frames: a red 3 & others" data-was="')
    notebook = executed({"image/png": figure}, {"text/html": film}, prose="# 1 · First\n## 1.1 Why <it> moves\nText.")
    alts = re.findall(r'alt="([^"]*)"', html_of(made(notebook)))
    assert alts == ["Figure: 1.1 Why &lt;it&gt; moves", "A film of 6 frames: a red 3 & others"]


@pytest.mark.parametrize("table", [doctor_table, progress_table])
def test_what_a_table_says_of_the_machine_and_the_answers_of_whoever_built_the_site_is_a_sentence(
    made, executed, table
):
    mine = executed({"text/html": table()._repr_html_(), "text/plain": repr(table())})
    assert "<table" in html_of(mine) and "<table" not in html_of(made(mine))
    assert html_of(made(mine)).count("<code>make lab</code>") == 1


@pytest.mark.parametrize(
    "words",
    ["12 GB free in /home/ann/course", "(/tmp/tmpf0tb87y6/photos)", r"C:\Users\ann has it", "<b>/opt/my/venv</b>"],
)
@pytest.mark.parametrize("kind", ["text/plain", "text/html", "stderr"])
def test_an_output_that_names_a_place_on_the_builder_s_disk_is_refused(made, executed, words, kind):
    notebook = executed({kind: words})
    if kind == "stderr":
        notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stderr", text=f"{words}: UserWarning")]
    place = re.escape(re.search(r"(/|C:).*?(?=[)<\s]|$)", words)[0])
    with pytest.raises(OfOneMachine, match=rf"01_first\.ipynb shows {place}, .* under '1 · First'"):
        made(notebook)


@pytest.mark.parametrize(
    "words", ["and/or/else", "12/13/14", "minivid/weights/x.npz", "https://a.org/b/c", "~/x/y", "n / a / b"]
)
def test_what_only_looks_like_a_place_is_shown(made, executed, words):
    assert (
        html_of(made(executed({"text/plain": words})))
        == f'<pre class="printed"><span class="words">{words}</span></pre>'
    )


@pytest.mark.parametrize("kind", ["text/plain", "stdout"])
def test_a_printed_sentence_may_be_broken_and_a_table_may_not(made, executed, kind):
    said = "One sentence <of> words.\n\nname     1\n  other  2\nThe end."
    notebook = executed({kind: said})
    if kind == "stdout":
        goes = said.partition("\n  ")
        notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in goes]
    assert re.findall(r'<span class="(\w+)">(.*?)</span>', html_of(made(notebook)), re.DOTALL) == [
        ("words", "One sentence &lt;of&gt; words.\n\n"),
        ("columns", "name     1\n  other  2\n"),
        ("words", "The end."),
    ]
