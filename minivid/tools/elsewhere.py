"""On a machine that a host lends, Colab's or Kaggle's: which of the course's packages stay as they are there.

The page is the host's, and fits its own versions of what draws it; its torch is built for the GPU that it lends. The notebooks'
first cell (`minivid.course.first_cell`) leaves both alone, and `minivid doctor` does not ask for what only opens, builds and grades
notebooks. Checked by tests/tools/test_elsewhere.py.
"""

import os

HOSTS = ("COLAB_RELEASE_TAG", "KAGGLE_KERNEL_RUN_TYPE")
"""By these each of the two is known: one is set in the environment of every notebook there."""
FRONT_END = {
    "ipykernel",
    "ipywidgets",
    "jupyter-client",
    "jupyterlab",
    "jupytext",
    "nbclient",
    "nbformat",
    "nbgrader",
}
THEIRS = {"torch", *FRONT_END}


def lent() -> bool:
    """Whether this process runs on Colab or Kaggle."""
    return any(name in os.environ for name in HOSTS)
