"""What the chapter's probes share: which mistake a wrong answer is."""

from collections.abc import Callable, Mapping
from typing import Any

from minivid.course.exercise import Arrays, Call, Comparison, all_of, close


def told_by(
    reference: Any, call: Call, mistakes: Mapping[str, Callable], rtol: float = 1e-3, atol: float = 1e-4
) -> Comparison:
    """A comparison with what the reference gives; else the sentence of the first mistake, put to the same call, that gives what was found.

    A mistake that cannot be told from the right answer on these inputs is passed over, and so is one that cannot be made on them.
    """

    def compare(arrays: Arrays, inputs: dict[str, Any]) -> bool | str:
        def verdict(answer: Any) -> bool | str:
            expected = call(answer, inputs)
            return all_of(*(close(arrays[name], expected[name], rtol, atol) for name in expected))

        found = verdict(reference)
        if found is True:
            return True
        return next((sentence for sentence, mistake in mistakes.items() if verdict(mistake) is True), found)

    return compare
