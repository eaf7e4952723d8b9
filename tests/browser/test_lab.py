"""Every chapter as a student meets it: opened in JupyterLab, run whole, each widget moved, nothing cut off.

`make browser`; a chapter alone: `make browser BROWSER_ARGS='-k 07'`. See conftest.py.
"""

import json
import time
from pathlib import Path

import pytest

CHAPTERS = sorted(path.stem for path in (Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb"))
EFFECT_S = 120  # seconds at most until a widget shows what was asked of it: some sample anew
SEEN_S = 20  # seconds at most until the page shows what an idle kernel has done; on a busy machine the kernel has only then heard of it
WIDTHS = (1280, 1920)
WIDGET = ".jp-OutputArea-output:has(.jupyter-widgets)"
VIEW = "application/vnd.jupyter.widget-view+json"
CLICK = (lambda control: control.click(),)
CONTROLS = {  # controls by their class, and the ways to move one: where the first leads nowhere, as at a slider's end, the next
    # (a player's speed is seen in nothing that stands still)
    '.widget-slider:not(:has-text("speed")) .noUi-handle': (
        lambda control: control.press("ArrowRight"),
        lambda control: control.press("ArrowLeft"),
    ),
    "select": (lambda control: control.select_option(index=1), lambda control: control.select_option(index=0)),
    ".widget-toggle-buttons": (lambda control: control.locator("button:not(.mod-active)").first.click(),),
    "input[type=checkbox]": CLICK,
    "button.widget-button": CLICK,
}
# All that a widget shows besides its controls: its pictures, and what is in its HTML, films too.
SHOWN = """async output => {
  const images = [...output.querySelectorAll('img')].map(image => fetch(image.src).then(answer => answer.arrayBuffer()));
  const sums = await Promise.all((await Promise.all(images)).map(bytes => crypto.subtle.digest('SHA-256', bytes)));
  const texts = [...output.querySelectorAll('.widget-html-content')].map(html => html.innerText);
  return [...sums.map(sum => new Uint8Array(sum).join()), ...texts];
}"""
# Outputs, once they are in view, of which a part lies beyond what can be seen of them.
CUT = """async () => {
  const found = [];
  for (const output of document.querySelectorAll('.jp-OutputArea-output')) {
    output.scrollIntoView({block: 'nearest'});
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    const panel = output.closest('.jp-WindowedPanel-outer').getBoundingClientRect(), box = output.getBoundingClientRect();
    const beyond = Math.max(output.scrollWidth - output.clientWidth, box.right - panel.right);
    if (beyond > 1) found.push([Math.round(beyond), output.innerText.slice(0, 60), output.innerHTML.slice(0, 120)]);
  }
  return found;
}"""


@pytest.mark.parametrize("name", CHAPTERS)
def test_a_chapter_runs_in_jupyterlab_and_its_widgets_move(opened, screenshots, name):
    notebook = opened(name)
    ran = notebook.run_all()
    outputs = [output for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output.evalue for output in outputs if output.output_type == "error"] == []
    assert all(cell.execution_count for cell in ran.cells if cell.cell_type == "code")
    shown = [output.data["text/plain"] for output in outputs if VIEW in output.get("data", {})]
    widgets = notebook.page.locator(WIDGET).filter(has=notebook.page.locator(", ".join(CONTROLS)))
    promised = sum(text.startswith("VBox(") for text in shown)  # what else is drawn by widgets is progress
    notebook.until(lambda: widgets.count() == promised, EFFECT_S, f"draws other widgets than its {promised}")
    for widget in widgets.all():
        assert dead_controls(notebook, widget) == []
    cut = {width: cut_off(notebook.page, width, screenshots / f"{name}-{width}.png") for width in WIDTHS}
    assert not any(cut.values()), cut
    assert notebook.complaints == []


def dead_controls(notebook, widget) -> list[str]:
    """Move each control of a widget, and wait for what is beside it to change: the controls that change nothing.

    One may have no effect for now (heads, where no scores are kept): it is tried again when all others have been moved.
    """
    controls = [(control, ways) for css, ways in CONTROLS.items() for control in widget.locator(css).all()]
    assert controls, f"there is nothing to move in {widget.inner_text()[:200]!r}"
    idle = [control for control in controls if not has_effect(notebook, widget, *control)]
    return [
        control.inner_text() or str(control)
        for control, ways in idle
        if not has_effect(notebook, widget, control, ways)
    ]


def has_effect(notebook, widget, control, ways) -> bool:
    for way in ways:
        before = widget.evaluate(SHOWN)
        way(control)
        time.sleep(0.3)  # the kernel has heard of it by then, mostly
        notebook.idle(EFFECT_S)
        end = time.monotonic() + SEEN_S
        while time.monotonic() < end:
            if widget.evaluate(SHOWN) != before:
                return True
            time.sleep(0.1)
    return False


def cut_off(page, width: int, picture: Path) -> list:
    """Outputs of which a part lies beyond what is seen of them in a window so wide: by how many pixels, and which."""
    page.set_viewport_size({"width": width, "height": 900})
    found = page.evaluate(CUT)
    for i, widget in enumerate(page.locator(WIDGET).all()):
        widget.scroll_into_view_if_needed()
        page.wait_for_timeout(300)  # JupyterLab draws what has come into view a moment later
        page.screenshot(path=picture.with_stem(f"{picture.stem}-{i}"))
    return found


def test_votes_are_kept_when_the_page_is_loaded_again(opened):
    name = next(name for name in CHAPTERS if name.endswith("_evaluation"))
    notebook = opened(name)
    notebook.run_once()
    votes = notebook.path.parent / "08_votes.json"

    def answers() -> list:
        return json.loads(votes.read_text())["answers"] if votes.exists() else []

    given = len(answers())  # those of a test before this one, which has pressed every button
    test = notebook.page.locator(WIDGET).filter(has=notebook.page.get_by_role("button", name="A is better"))
    for turn, side in enumerate("AB", given + 1):
        test.get_by_text(f"Pair {turn} of").wait_for()
        test.get_by_role("button", name=f"{side} is better").click()
        test.get_by_text(f"Pair {turn + 1} of").wait_for()
        assert len(answers()) == turn
    before = votes.read_bytes()
    notebook.saved()
    notebook.page.reload()
    notebook.ready()
    test.get_by_text(f"Pair {given + 3} of").wait_for()
    assert votes.read_bytes() == before


def test_the_arc_is_drawn_anew_in_its_frame(opened, screenshots):
    """It needs no kernel, and its page none of the notebook's rights."""
    name = next(name for name in CHAPTERS if name.endswith("_v_parameterization"))
    notebook = opened(name)
    notebook.run_once()
    frame = notebook.page.frame_locator('iframe[title="The arc from clip to noise"]')
    for handle in ("#point", "#lands"):
        before = frame.locator("svg").inner_html()
        frame.locator(handle).press("ArrowUp")
        assert frame.locator("svg").inner_html() != before
    notebook.page.screenshot(path=screenshots / f"{name}-arc.png")
    assert notebook.complaints == []
