"""The first code cell of every notebook: on Colab and Kaggle it fetches the course, and where the course is, it does nothing.

It is no chapter's, so no source holds it: the builder puts it in, pages leave it out, and the grader does not run it. Its names begin
with an underscore, so that no answer comes to lean on them. Checked by tests/course/test_first_cell.py.
"""

import json
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from minivid.tools.elsewhere import HOSTS, THEIRS

TAG = "elsewhere"
CELL = """\
# Where the course is installed, this cell does nothing. On Colab and Kaggle it fetches the course.
import os as _os
from importlib import invalidate_caches as _look_again
from importlib import util as _util

_course = {address}  # where from: an address for pip, or a folder's full path


def _is_here():
    return getattr(_util.find_spec("minivid"), "origin", None) is not None  # a mere folder of that name has no origin


if not _is_here():
    if not {hosts} & _os.environ.keys():
        print("This kernel's Python has no minivid: `make lab` in the course's folder opens one that has; or type `pip install -e .` there, and choose that Python as the kernel.")
    elif not _course:
        print("This notebook does not know where its course comes from: clone or upload the course's repository, write that folder's full path between the quotes of `_course`, and run this cell again.")
    else:
        # First what the course stands on, where it is missing; Jupyter and torch stay the host's. Then the course alone.
        %pip install -q {packages}
        %pip install -q --no-deps "{{_course}}"
        _look_again()
        if not _is_here():
            print("The course could not be fetched; pip says why, above. On Kaggle, Internet must be on in the notebook's settings. Then run this cell again.")"""
VARIES = re.compile(r"^(_course = .*|        %pip install -q(?! -).*)$", re.MULTILINE)
"""What is not the same in every copy: readers write where the course comes from, and what it stands on changes."""


def first_cell(project: Mapping[str, Any] = MappingProxyType({})) -> dict:
    """The cell as a notebook holds it, from pyproject.toml's table `project`.

    There stands what the course stands on, with what the extra `gpu` adds, since hosts lend one; and, as `Repository` in its `urls`,
    where the course comes from. Without that the cell asks its reader.
    """
    repository = project.get("urls", {}).get("Repository")
    declared = [*project.get("dependencies", ()), *project.get("optional-dependencies", {}).get("gpu", ())]
    packages = [line for line in declared if _name(line) not in THEIRS]
    source = CELL.format(
        address=json.dumps(f"git+{repository}" if repository else ""),
        hosts="{" + ", ".join(map(json.dumps, HOSTS)) + "}",
        packages=" ".join(map(json.dumps, packages)),
    )
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": TAG,
        "metadata": {"jupyter": {"source_hidden": True}, "tags": [TAG]},  # folded away in JupyterLab
        "outputs": [],
        "source": source,
    }


def is_first_cell(source: str) -> bool:
    """Whether a text is this cell's, wherever it says that the course comes from."""
    return VARIES.sub("", source).strip() == VARIES.sub("", first_cell()["source"]).strip()


def _name(requirement: str) -> str:
    """Of "einops>=0.8" it is "einops"."""
    return re.match(r"[\w.-]+", requirement)[0].lower()
