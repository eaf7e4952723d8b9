"""Seeds: from whole numbers to random streams, one for each purpose.

Only the noise of a training step begins elsewhere, at a number of its own making (`minivid.train.Step`): shipped weights were
trained by it.
Chapter 0. Checked by tests/tools/test_seeds.py and tests/data/test_world.py.
"""

import zlib

import numpy as np
import torch

from minivid.tools.numbers import Whole, whole

Seed = Whole | tuple[Whole, ...]


def generator(seed: Seed, purpose: str) -> torch.Generator:
    """A random stream of its own for each seed and purpose, so that one option's draws never shift another's.

    Raises ValueError for a seed that is not made of whole numbers from 0 on.
    """
    numbers = _checked(seed)
    state = np.random.SeedSequence((*numbers, len(numbers), zlib.crc32(purpose.encode())))
    return torch.Generator().manual_seed(int(state.generate_state(1, np.uint64)[0] >> 1))


def plain_generator(seed: Whole) -> torch.Generator:
    """torch's own stream of a whole number below 2⁶⁴, for what draws one thing only. Raises ValueError like `generator`."""
    (number,) = _checked(seed if not isinstance(seed, tuple) else (seed,))
    if number >= 2**64:
        raise ValueError(f"A seed is a whole number below 2**64 here; this is {number}: choose a smaller one.")
    return torch.Generator().manual_seed(number)


def _checked(seed: Seed) -> tuple[int, ...]:
    numbers = seed if isinstance(seed, tuple) else (seed,)
    try:
        return tuple(whole(number, "seed", least=0) for number in numbers or (None,))
    except ValueError:
        raise ValueError(
            f"A seed is a whole number from 0 on, or a tuple of them such as (seed, step); this is {seed!r}."
        ) from None
