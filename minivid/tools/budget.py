"""How much a notebook may compute: `MINIVID_BUDGET=smoke | laptop | gpu`, one notebook for all three.

`smoke` proves that every cell runs, in the fewest steps; `laptop`, the default, shows something move on two cores; `gpu` is the
real configuration. Checked by tests/tools/test_budget.py.
"""

import os
from typing import Literal, TypeVar, get_args

from minivid.tools.nearest import nearest

Budget = Literal["smoke", "laptop", "gpu"]
Value = TypeVar("Value")


def budget() -> Budget:
    """The budget that the environment variable MINIVID_BUDGET names; where it is unset or empty `laptop`, and `smoke` under
    `nbgrader autograde`, which waits for every cell.

    Raises ValueError, with the word that may have been meant, for any other word.
    """
    usual = "smoke" if os.environ.get("NBGRADER_EXECUTION") == "autograde" else "laptop"
    return named(os.environ.get("MINIVID_BUDGET", "").strip().lower() or usual, "MINIVID_BUDGET")


def named(word: str, who: str = "--budget") -> Budget:
    """The word itself, when it is a budget. Raises ValueError, with the word that may have been meant and `who` said it."""
    if word not in get_args(Budget):
        near = nearest(word, get_args(Budget))
        hint = f"; did you mean {near}?" if near else "."
        raise ValueError(f"{who} is {word!r}, but a budget is smoke, laptop or gpu{hint}")
    return word


def pick(*, smoke: Value, laptop: Value, gpu: Value) -> Value:
    """One of three values, by the budget: `steps = pick(smoke=2, laptop=900, gpu=50_000)`."""
    return {"smoke": smoke, "laptop": laptop, "gpu": gpu}[budget()]
