"""2.5: shifted windows along one axis whose length they need not divide: pad, roll, cut, and a mask of who may see whom."""

from functools import partial

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, all_of, returned
from minivid.nn.attention.core import axis_regions


def shifted_windows(
    x: Float[Tensor, "b n c"], size: int, shift: int
) -> tuple[Float[Tensor, "b m i c"], Bool[Tensor, "m i i"]]:
    """The sequence, padded with zeros at its end, rolled by `shift` to the left and cut into m windows of `size`; and for each window
    which places see each other: those of one run of neighbours."""
    n = x.shape[1]
    rows = F.pad(x, (0, 0, 0, -n % size)).roll(-shift, 1)
    region = axis_regions(n, size, shift).unflatten(0, (-1, size))
    return rearrange(rows, "b (m i) c -> b m i c", i=size), region[:, :, None] == region[:, None, :]


def _sequences(seed: int, n: int, size: int, shift: int) -> dict:
    x = torch.randn(2, n, 3, generator=torch.Generator().manual_seed(seed))
    return {"x": x, "size": size, "shift": shift}


_windows = returned("rows", "visible")
_same_rows = agrees(shifted_windows, _windows, "rows")


def _same_mask(arrays: Arrays, inputs: dict) -> bool | str:
    """What the padding sees is nobody's business: nobody reads it."""
    there = axis_regions(inputs["x"].shape[1], inputs["size"], inputs["shift"]).unflatten(0, (-1, inputs["size"])) >= -1
    _, expected = shifted_windows(**inputs)
    visible = arrays["visible"]
    if visible.dtype != bool or visible.shape != expected.shape:
        return f"`visible` is of type {visible.dtype} and shape {visible.shape}, expected bool and {tuple(expected.shape)}."
    there, expected = there.numpy(), expected.numpy()
    if (visible == expected)[there].all():
        return True
    if (visible == ~expected)[there].all():
        return "`visible` says the opposite: it should be True for whom one may see."
    if (visible >= expected)[there].all() and not (visible & ~expected)[there[:, :, None] & there[:, None, :]].any():
        return "Among themselves the places see rightly, but some see the padding."
    return False


def _same(arrays: Arrays, inputs: dict) -> bool | str:
    return all_of(_same_rows(arrays, inputs), _same_mask(arrays, inputs))


EXERCISE = Exercise(
    id="2.5",
    title="Shifted windows, and who may see whom",
    points=4,
    stars=3,
    minutes=25,
    reference=shifted_windows,
    promises=Promises(whole=False),
    answers=(shifted_windows, axis_regions),
    probes=(
        Probe(
            "without a shift",
            (
                "Without a shift, and where the windows divide the sequence, it is cut into runs of `size` neighbours, in order, and within a "
                "window everybody sees everybody.",
                "`rows` is `b m size c` and `visible` is `m size size`, of type bool, True for whom one may see.",
                '`rearrange(rows, "b (m i) c -> b m i c", i=size)`, and `number[:, :, None] == number[:, None, :]` of the numbers cut alike.',
            ),
            partial(_sequences, n=12, size=4, shift=0),
            _windows,
            _same,
        ),
        Probe(
            "rolled",
            (
                "With a shift the windows hold other places than expected.",
                "The sequence is rolled to the left along n, so that the first window begins at place `shift`.",
                "`x.roll(-shift, 1)`.",
            ),
            partial(_sequences, n=12, size=4, shift=1),
            _windows,
            _same_rows,
        ),
        Probe(
            "first and last are apart",
            (
                "With a shift the mask is wrong.",
                "After the roll the last window holds the sequence's end and its beginning, which are no neighbours and must not see each other; all "
                "others see each other.",
                "Numbers of runs, `(torch.arange(n) - shift) // size`, rolled and cut as x is.",
            ),
            partial(_sequences, n=12, size=4, shift=1),
            _windows,
            _same_mask,
        ),
        Probe(
            "padding unseen",
            (
                "Where the windows do not divide the sequence it is wrong.",
                "Zeros fill the last window, at the end, and no place of the sequence may see them.",
                "`-n % size` zeros, and in the numbers of runs a number that no run has.",
            ),
            partial(_sequences, n=10, size=4, shift=0),
            _windows,
            _same,
        ),
        Probe(
            "padded, then rolled",
            (
                "With padding and a shift together it is wrong.",
                "Pad first, so that the zeros stand behind the last place; roll what was padded; and let the numbers of the runs make the same two "
                "steps. (timm pads after the roll, where its mask does not expect it: issue 2438.)",
                "`F.pad(…)` stands within, `.roll(-shift, …)` without, for x and for the numbers.",
            ),
            partial(_sequences, n=10, size=4, shift=3),
            _windows,
            _same_rows,
        ),
        Probe(
            "a number of its own",
            (
                "With padding and a shift together the windows are right, and the mask is not.",
                "Either the numbers of the runs were not padded and rolled as x was, or the padding has the number of a run: what stands before the "
                "shift is run −1.",
                "`F.pad((torch.arange(n) - shift) // size, (0, pad), value=-2).roll(-shift)`.",
            ),
            partial(_sequences, n=10, size=4, shift=3),
            _windows,
            _same_mask,
        ),
    ),
)
