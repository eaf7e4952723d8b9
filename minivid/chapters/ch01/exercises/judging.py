"""What the chapter's probes share: a sentence for the mistake that a wrong answer is, and masks that are true and false."""

from collections.abc import Callable, Mapping
from typing import Any

from minivid.course.exercise import Arrays, Call, Comparison, close, plain

Mistakes = Mapping[str, Callable[..., Any]]
"""By the sentence that says what is wrong with it: an object that makes the mistake."""


def told(compare: Comparison, call: Call, mistakes: Mistakes, rtol: float = 1e-3, atol: float = 1e-4) -> Comparison:
    """A comparison that says more: for an answer that one of the mistakes gives on the same inputs, that mistake's sentence.

    A mistake that gives what is right on these inputs is never said, for then nothing is wrong.
    """

    def say(arrays: Arrays, inputs: dict[str, Any]) -> bool | str:
        verdict = compare(arrays, inputs)
        if verdict is True:
            return True
        said = (
            sentence for sentence, mistaken in mistakes.items() if _gives(mistaken, call, arrays, inputs, rtol, atol)
        )
        return next(said, verdict)

    return say


def of_truths(compare: Comparison) -> Comparison:
    """A comparison that first asks for arrays of true and false: numbers do not pick pixels, and `~` does not turn them round."""

    def truths(arrays: Arrays, inputs: dict[str, Any]) -> bool | str:
        number = next((array for array in arrays.values() if array.dtype.kind != "b"), None)
        if number is not None:
            return f"It holds numbers ({number.dtype}), and should hold true and false (torch.bool), as a comparison gives them."
        return compare(arrays, inputs)

    return truths


def _gives(
    mistaken: Callable[..., Any], call: Call, arrays: Arrays, inputs: dict[str, Any], rtol: float, atol: float
) -> bool:
    made = plain(call(mistaken, inputs))
    return made.keys() == arrays.keys() and all(close(arrays[name], made[name], rtol, atol) is True for name in made)
