"""From executed notebooks to pages: a small course, built as the whole one is."""

import json
import re
from pathlib import Path

import pytest

from minivid.course.site import inspection, making, sources

pytestmark = pytest.mark.skipif(
    bool(making.missing()), reason=f"{making.what_to_install(making.missing())} Then this is tested."
)


def built(course: Path, folder: Path) -> Path:
    sources.write(course, course / "executed", folder / "sources", folder / "kept", package=course / "course", films=())
    making.build(folder / "sources", folder / "site")
    return folder / "site"


def files(site: Path) -> dict[str, bytes]:
    return {file.relative_to(site).as_posix(): file.read_bytes() for file in site.rglob("*") if file.is_file()}


def test_a_small_course_becomes_a_site_and_the_same_one_again(small_course, tmp_path):
    site, again = built(small_course, tmp_path / "one"), built(small_course, tmp_path / "two" / "deeper")
    one, other = files(site), files(again)
    assert one.keys() == other.keys()
    assert [name for name in one if one[name] != other[name]] == []
    pages = inspection.read(site)
    assert inspection.problems(site, pages) == []
    assert max(inspection.weights(site, pages).values()) < 200_000

    first = (site / "chapters/01_first.html").read_text()
    assert len(re.findall(r'<img[^>]*src="../pictures/\w+\.webp"', first)) == 2, "the figure and the film"
    assert "make lab" in first and "IntSlider" not in first, "a widget is a sentence"
    assert re.search(r"<td><p>much</p></td>|<td>much</td>", first), "a table that a cell shows is one"
    folded = re.search(r"<details><summary>Hint</summary>(.*?)</details>", first, re.DOTALL)[1]
    assert r'<span class="math notranslate nohighlight">\(x^2\)</span>' in folded and "<em>slowly</em>" in folded
    assert "x[0] * y[1] * z" in re.sub("<[^>]+>", "", folded), "code is not read as Markdown"
    assert (site / "_static/mathjax/tex-svg.js").stat().st_size > 1_000_000
    assert '<a href="01_first.html">back</a>' in (site / "chapters/02_second.html").read_text()

    receipts = (site / "receipts/01.html").read_text()
    assert "How fast it goes." in receipts and "of &lt;what&gt;" in receipts and "1.5, 2" in receipts
    assert json.loads((site / "receipts/01_speed.json").read_text())["values"]["pixels"] == [1.5, 2]

    reference = (site / "reference/course.film.html").read_text()
    assert 'id="course.film.Film.cut"' in reference and "_hidden" not in reference and ">self<" not in reference
    assert 'href="#course.film.mean_frame"' in reference, "a name that is known is a link"
    assert "a·x with a &lt; 1 (see *anyone* 2020, $5 &amp; more)" in reference, "words stand as they are typed"
    assert "the licence" in (site / "how_a_step_runs.html").read_text()


def test_a_warning_is_an_error_that_says_where(small_course, tmp_path):
    (small_course / "HOW_A_STEP_RUNS.md").write_text("# How a step runs\n[nowhere](#nowhere)\n")
    with pytest.raises(making.CannotBuild, match=r"^how_a_step_runs.md:2: WARNING: .*nowhere"):
        built(small_course, tmp_path)
