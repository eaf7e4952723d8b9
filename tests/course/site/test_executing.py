"""Notebooks are run to their ends, or named."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook

from minivid.course.site.chapters import NotExecuted
from minivid.course.site.executing import execute


def test_notebooks_are_run_in_a_folder_of_their_own_and_one_that_fails_is_named(tmp_path, capfd):
    (tmp_path / "notebooks").mkdir()
    good = new_notebook(cells=[new_code_cell("open('left', 'w').close()\nprint(6 * 7)")])
    bad = new_notebook(cells=[new_code_cell("{}['x']")])
    for name, notebook in (("01_good", good), ("02_bad", bad), ("notes", bad)):
        nbformat.write(notebook, tmp_path / "notebooks" / f"{name}.ipynb")
    running = execute(tmp_path / "notebooks", tmp_path / "out")
    done = nbformat.read(next(running), as_version=4)
    assert done.cells[0].outputs[0].text == "42\n" and done.cells[0].execution_count == 1
    assert (tmp_path / "out/left").exists() and not (tmp_path / "notebooks/left").exists()
    assert "WARNING" not in capfd.readouterr().err, "a kernel that others can listen to says so"
    with pytest.raises(NotExecuted, match=r"02_bad\.ipynb does not run to its end: KeyError: 'x'"):
        next(running)
