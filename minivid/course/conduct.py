"""What is wrong with an answer whose numbers may be right: it changes an argument, lets no gradient through, follows a global seed…

The same for every exercise, by what the reference does on the same call and what the exercise promises (`Promises`). Each kind is a
function from a call and the reference's to hints: what is off, where, the line.
"""

import re
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from minivid.course.exercise import Exercise
from minivid.course.observing import Call
from minivid.course.outcome import Outcome, Verdict
from minivid.course.recording import Record, strays

Hints = tuple[str, ...]
FLOATS = ("torch.float16", "torch.bfloat16", "torch.float32", "torch.float64")
NUMBERS = ("bool", "int", "float")
SLACK = 0.05
"""By how much of the largest value a number may differ from the reference's: the probes ask more closely."""


def changes_an_argument(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """An argument, or a module's own weight or buffer, is another after the call."""
    for where in mine.changed:
        if where in theirs.changed:
            continue
        name = argument(where, mine)
        whose = (
            "the next call sees another module"
            if name.startswith("self.")
            else "the caller's own tensor is different afterwards"
        )
        kind = "its own" if name.startswith("self.") else "its argument"
        yield (
            f"Your `{exercise.name}` changed {kind} `{name}` in place: {whose}.",
            f"Look for `+=`, `[...] =` and methods that end in `_` on `{name}`, or on a view of it (a slice, a reshape, an unbind).",
            f"Make a new one: `masked_fill`, not `masked_fill_`; `x = x + y`, not `x += y`; or begin with `{name}.clone()`.",
        )


def is_no_tensor(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """A Python number or an array where the reference gives a tensor."""
    for where in _both(mine, theirs) if exercise.promises.tensor else ():
        if theirs.types[where].startswith("torch.") and not mine.types[where].startswith("torch."):
            what = "a Python number" if mine.types[where] in NUMBERS else "NumPy's"
            yield (
                f"{part(where, exercise)} is {what}; expected a tensor: what comes next calculates with tensors, and needs their gradients.",
                "`.item()`, `float()`, `.numpy()` and `math` leave torch.",
            )


def is_elsewhere(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """A tensor on another device than the reference's."""
    for where in mine.devices.keys() & theirs.devices.keys():
        if mine.devices[where] != theirs.devices[where]:
            yield (
                f"{part(where, exercise)} is on the device {mine.devices[where]}; expected {theirs.devices[where]}, as the arguments are.",
                "Make new tensors where the given ones are: `torch.zeros(…, device=x.device)`, or `.to(x)`.",
            )


def is_of_another_type(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """Another floating-point type than the arguments', which the reference keeps."""
    for where in _both(mine, theirs) if exercise.promises.tensor else ():
        expected, found = theirs.types[where], mine.types[where]
        if [expected] == theirs.given and found in FLOATS and found != expected:
            yield (
                f"{part(where, exercise)} is {found[6:]}; expected {expected[6:]}, as the arguments are: torch refuses to mix the two in a network.",
                "Look for `.double()`, `.float()`, `dtype=` and what comes from NumPy; bring it back with `.to(x.dtype)`.",
            )


def lets_no_gradient_through(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """Detached where the reference is not, from all arguments or from one; or a network called without gradients."""
    if not exercise.promises.gradient:
        return
    reasons = "Look for `no_grad`, `detach`, `.data`, `.item()`, `.numpy()`, `torch.tensor(…)`"
    for where in [where for where in mine.cut if where not in theirs.cut]:
        name = argument(where, mine)
        yield (
            f"Your `{exercise.name}` calls `{name}` with gradients switched off: `backward` would teach it nothing.",
            f"Look for `no_grad` or `inference_mode` around the call of `{name}`.",
        )
    for where in theirs.connected:
        if where in mine.types and where not in mine.connected:
            yield (
                f"No gradient flows through {part(where, exercise, small=True)}: it is cut off from what it was computed from, and `backward` fails.",
                f"{reasons}.",
            )
    for where in theirs.reached:
        if where not in mine.reached:
            name = argument(where, mine)
            yield (
                f"No gradient reaches `{name}` through what `{exercise.name}` returns.",
                f"{reasons}, on what comes from `{name}`.",
            )


def shares_memory(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """A view of an argument, or the argument itself, where the caller goes on to change one of them."""
    for where, source in mine.shared.items() if exercise.promises.own else ():
        if where not in theirs.shared:
            name = argument(source, mine)
            yield (
                f"{part(where, exercise)} shares its memory with the argument `{name}`: when one is changed later, so is the other.",
                "Slices, reshapes and `expand` are views of the same memory; `.clone()` is not.",
            )


def is_another_number(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """A number that no probe has looked at, far from the reference's."""
    if not exercise.promises.whole or theirs.seeded:
        return
    for where in _both(mine, theirs):
        found, expected = mine.values[where], theirs.values[where]
        if found.size != expected.size:
            continue
        found = found.reshape(expected.shape)
        off = strays(found, expected, SLACK)
        if off.any():
            first = tuple(int(i) for i in np.argwhere(off)[0])
            at = f" at {list(first)}" if first else ""
            yield (
                f"{part(where, exercise)} is {found[first]:.4g}{at}; expected {expected[first]:.4g}.",
                f"That is so for {off.sum()} of its {off.size} values." if off.size > 1 else "",
            )


def switches_gradients(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """Gradients are off, or on, for whoever called, and were not before."""
    if mine.switched and not theirs.switched:
        yield (
            f"After a call of `{exercise.name}` gradients are switched otherwise for the whole program: whoever trains next may learn nothing.",
            "Look for `torch.set_grad_enabled(…)` that stands alone, without `with`.",
            "`with torch.no_grad():` or `with torch.enable_grad():`, which put back what was there.",
        )


def turns_an_argument(exercise: Exercise, mine: Call, theirs: Call) -> Iterator[Hints]:
    """An argument, or a module's weight, wants a gradient after the call and did not before, or the other way round."""
    for where in mine.turned:
        if where not in theirs.turned:
            name = argument(where, mine)
            yield (
                f"Your `{exercise.name}` leaves another `requires_grad` on `{name}`, which is the caller's.",
                f"Look for `requires_grad_` and `requires_grad =` on `{name}`.",
                "Work on a tensor of your own, `x.detach().requires_grad_()`; a network's weights are left out by `with torch.no_grad():`.",
            )


OF_A_CALL = (turns_an_argument, switches_gradients, is_no_tensor, is_elsewhere, is_of_another_type, shares_memory)
NAMES = {
    changes_an_argument: "arguments unchanged",
    turns_an_argument: "arguments unchanged",
    switches_gradients: "gradients as they were",
    is_no_tensor: "a tensor",
    is_elsewhere: "device",
    is_of_another_type: "type of number",
    lets_no_gradient_through: "gradient flows",
    shares_memory: "memory of its own",
    is_another_number: "every value",
}
Kind = Callable[[Exercise, Call, Call], Iterator[Hints]]


def change(exercise: Exercise, mine: Record, theirs: Record) -> Outcome | None:
    """The first argument that an answer to one probe has changed; the reason for whatever else is wrong with it."""
    return _first(exercise, changes_an_argument, mine.calls, theirs.calls)


def misconduct(exercise: Exercise, pairs: Sequence[tuple[Record, Record]]) -> Outcome | None:
    """The first thing that is wrong with answers whose probes have passed, beside the reference's; None where nothing is."""
    for mine, _ in pairs:
        if found := _is_no_number(exercise, mine):
            return found
    for kind in OF_A_CALL:
        for mine, theirs in pairs:
            if found := _first(exercise, kind, mine.calls, theirs.calls):
                return found
    for mine, theirs in pairs:
        if found := _unsteady(exercise, mine, theirs) or _first(
            exercise, lets_no_gradient_through, mine.again, theirs.again
        ):
            return found
    for mine, theirs in pairs:
        if not theirs.unsteady and (found := _first(exercise, is_another_number, mine.calls, theirs.calls)):
            return found
    return None


def _first(exercise: Exercise, kind: Kind, mine: Sequence[Call], theirs: Sequence[Call]) -> Outcome | None:
    for one, other in zip(mine, theirs, strict=False):
        for hints in kind(exercise, one, other):
            return _outcome(NAMES[kind], hints)
    return None


def _is_no_number(exercise: Exercise, mine: Record) -> Outcome | None:
    """A nan, whether or not the reference has one there."""
    values = ((part(where, exercise), array) for call in mine.calls for where, array in call.values.items())
    for name, array in (*mine.arrays.items(), *values):
        if np.isnan(array).any():
            return _outcome(
                "numbers",
                (
                    f"{name} holds values that are not a number (nan).",
                    "Look for 0 / 0, −∞ − −∞, the root or the logarithm of a negative number.",
                ),
            )
    return None


def _unsteady(exercise: Exercise, mine: Record, theirs: Record) -> Outcome | None:
    """The same call gives other numbers, or fails, the second time."""
    if mine.failed:
        gradients = " with arguments that want a gradient" if exercise.promises.gradient else ""
        return _outcome("the same again", (f"When it is called again{gradients}: {mine.failed}",))
    if mine.unsteady == "seed" and not theirs.unsteady:
        return _outcome(
            "global seed",
            (
                f"What `{exercise.name}` returns depends on the global random numbers: after another `torch.manual_seed` the same call gives "
                "other values.",
                "Look for random numbers without a generator (`torch.randn`, `randn_like`, `dropout`, `np.random`, `random`).",
                "Draw from the generator that is given, `torch.randn(…, generator=generator)`, or from one of your own with a fixed seed.",
            ),
        )
    if mine.unsteady == "call" and not theirs.unsteady:
        return _outcome(
            "the same again",
            (
                f"The same call of `{exercise.name}` with the same arguments gives other values the second time.",
                "It keeps something from call to call (a global name, a default argument that is changed), or draws random numbers that nobody can seed.",
            ),
        )
    return None


def _outcome(probe: str, hints: Hints) -> Outcome:
    first, *more = filter(None, hints)
    return Outcome(Verdict.WRONG, first, probe, tuple(more))


def _both(mine: Call, theirs: Call) -> list[str]:
    return [where for where in theirs.types if where in mine.types]


def argument(where: str, call: Call) -> str:
    """ "[1].weight" by the name that the student gave it: "bias.weight"."""
    number, inner = re.fullmatch(r"\[(.+?)\](.*)", where, re.DOTALL).groups()
    name = call.names[int(number)] if number.isdecimal() else number.strip("'")
    return name + inner


def part(where: str, exercise: Exercise, small: bool = False) -> str:
    """A part of what is returned, as a sentence begins: "[1]" is "The second value that `f` returns"."""
    counted = re.fullmatch(r"\[([0-3])\]", where)
    if counted:
        text = f"the {('first', 'second', 'third', 'fourth')[int(counted[1])]} value that `{exercise.name}` returns"
    else:
        text = f"{where} of what `{exercise.name}` returns" if where else f"what `{exercise.name}` returns"
    return text if small else text[:1].upper() + text[1:]
