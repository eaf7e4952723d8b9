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
    return bool((visible == expected.numpy())[there.numpy()].all())


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
            "Without a shift, and where the windows divide the sequence, it is cut into runs of `size` neighbours, in order, and within a window "
            "everybody sees everybody.",
            partial(_sequences, n=12, size=4, shift=0),
            _windows,
            _same,
        ),
        Probe(
            "rolled",
            "With a shift the windows hold other places than expected. The roll goes to the left, `roll(-shift)`, so that the first window "
            "begins at place `shift`.",
            partial(_sequences, n=12, size=4, shift=1),
            _windows,
            _same_rows,
        ),
        Probe(
            "first and last are apart",
            "With a shift the mask is wrong. After the roll the last window holds the sequence's end and its beginning, which are no "
            "neighbours and must not see each other; all others see each other.",
            partial(_sequences, n=12, size=4, shift=1),
            _windows,
            _same_mask,
        ),
        Probe(
            "padding unseen",
            "Where the windows do not divide the sequence, zeros fill the last one, at the end, and no place of the sequence may see them.",
            partial(_sequences, n=10, size=4, shift=0),
            _windows,
            _same,
        ),
        Probe(
            "padded, then rolled",
            "With padding and a shift together it is wrong. Pad first, so that the zeros stand behind the last place; roll what was padded; and let "
            "the mask make the same two steps. (timm pads after the roll, where its mask does not expect it: issue 2438.)",
            partial(_sequences, n=10, size=4, shift=2),
            _windows,
            _same,
        ),
    ),
)
