"""The other ways to open a chapter: Notebook 7, and a front end that only stores what a kernel says (VS Code's route)."""

import os

import nbformat
import pytest
from nbclient import NotebookClient

WIDGET = "application/vnd.jupyter.widget-view+json"
NAME = "05_dit"  # it has a widget, and is short


def test_a_chapter_runs_in_notebook_7_and_its_widget_is_drawn(opened, screenshots):
    pytest.importorskip("notebook", reason="Notebook 7 is not installed: `pip install notebook`.")
    notebook = opened(NAME, "notebooks")
    said = len(notebook.complaints)  # before any cell has run: Notebook's own
    ran = notebook.run_all()
    outputs = [output for cell in ran.cells if cell.cell_type == "code" for output in cell.outputs]
    assert not [output.evalue for output in outputs if output.output_type == "error"]
    views = [output for output in outputs if WIDGET in output.get("data", {})]
    shown = notebook.page.locator(".jp-OutputArea-output:has(.jupyter-widgets)")
    assert shown.count() == len(views) > 0
    shown.first.scroll_into_view_if_needed()
    notebook.page.screenshot(path=screenshots / f"{NAME}-notebook7.png")
    assert notebook.complaints[said:] == []


def test_a_widget_s_state_is_stored_with_its_notebook(server, tmp_path):
    notebook = nbformat.reads((server.folder / f"notebooks/{NAME}.ipynb").read_text(encoding="utf-8"), as_version=4)
    client = NotebookClient(
        notebook, timeout=600, store_widget_state=True, resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute(env={**os.environ, "MINIVID_BUDGET": "smoke", "PYTHONPATH": str(server.folder)})
    outputs = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    views = [output.data[WIDGET]["model_id"] for output in outputs if WIDGET in output.get("data", {})]
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    assert views and set(views) <= set(models)
    pictures = [model for model in models.values() if model["model_name"] == "ImageModel"]
    assert pictures and all(model["buffers"][0]["data"] for model in pictures), "a picture is more than its name"
