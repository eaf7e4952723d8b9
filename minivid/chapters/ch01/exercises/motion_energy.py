"""1.6: motion energy from gradients in space and time."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Comparison, Exercise, Probe, agrees, returned, shaped
from minivid.motion.gradients import motion_energy


def _noise(seed: int, channels: int = 1) -> Tensor:
    return torch.rand(2, channels, 6, 7, 9, generator=torch.Generator().manual_seed(seed)) * 1.8 - 0.9


def _still(seed: int) -> dict:
    """A textured picture that does not change."""
    return {"video": _noise(seed)[:, :, :1].repeat(1, 1, 6, 1, 1)}


def _lamp(seed: int, flickers: bool) -> dict:
    """Even pictures whose light rises by equal steps, or by chance."""
    start, rise = torch.rand(2, 2, 1, 1, 1, 1, generator=torch.Generator().manual_seed(seed)).unbind()
    even = start - 0.9 + (0.02 + 0.1 * rise) * torch.arange(6.0).reshape(-1, 1, 1)
    levels = _noise(seed)[..., :1, :1] if flickers else even
    return {"video": levels.repeat(1, 1, 1, 7, 9)}


def _stripes(seed: int, u: float | int = 0, v: float | int = 0) -> dict:
    """Stripes that move by u to the right, or by v down, pixels a frame."""
    phase = 6.28 * torch.rand(2, 1, 1, 1, 1, generator=torch.Generator().manual_seed(seed))
    t, y, x = (torch.arange(float(n)).reshape(shape) for n, shape in ((6, (-1, 1, 1)), (7, (-1, 1)), (9, (-1,))))
    across = x - u * t + 0 * y if u else y - v * t + 0 * x
    return {"video": 0.8 * torch.sin(0.7 * across + phase)}


def _flickering_rim(seed: int) -> dict:
    """A still picture within an outermost row and column on every side that flicker."""
    still, noise = _still(seed)["video"], _noise(seed + 1)
    noise[..., 1:-1, 1:-1] = still[..., 1:-1, 1:-1]
    return {"video": noise}


def _colours_cancel(seed: int) -> dict:
    """Three channels that flicker, and whose mean does so less."""
    return {"video": _lamp(seed, flickers=False)["video"] + 0.1 * (_noise(seed, 3) - _noise(seed + 1, 3))}


_measured = returned("energy", "rightward", "downward")
_agrees = agrees(motion_energy, _measured, atol=1e-6)


def _is_nothing(arrays: Arrays, inputs: dict) -> bool | str:
    return all(bool((abs(array) < 1e-7).all()) for array in arrays.values())


def _goes(rightward: int, downward: int) -> Comparison:
    """What the two opponent energies' signs must be, 0 for next to nothing."""

    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        signs = [0 * array + (abs(array) > 1e-3) * (2 * (array > 0) - 1) for array in arrays.values()][1:]
        return bool((signs[0] == rightward).all() and (signs[1] == downward).all())

    return compare


EXERCISE = Exercise(
    id="1.6",
    title="Motion energy",
    points=3,
    stars=2,
    minutes=20,
    reference=motion_energy,
    probes=(
        Probe(
            "three numbers a clip",
            "Return (energy, rightward, downward), each of shape (b,): the means are over time, height and width, and no others.",
            lambda seed: {"video": _noise(seed)},
            _measured,
            shaped(2),
        ),
        Probe(
            "still picture",
            "A textured picture that stands still has energy where nothing moves. Something besides I_t adds to it: contrast in space is no motion.",
            _still,
            _measured,
            _is_nothing,
        ),
        Probe(
            "a lamp turned up",
            "The energy is off even where the light rises evenly by k a frame, which makes it k². Look at the scale of the difference: brightness from 0 "
            "to 1 is (video + 1) / 2, a central difference spans two frames, and the energy is its square.",
            partial(_lamp, flickers=False),
            _measured,
            _agrees,
        ),
        Probe(
            "a lamp that flickers",
            "The energy is off where the light changes unevenly. Look at which frames are compared, and in what order you square and average: "
            "(I[t+1] − I[t−1]) / 2, squared, then the mean.",
            partial(_lamp, flickers=True),
            _measured,
            _agrees,
        ),
        Probe(
            "to the right",
            "Stripes that move to the right should have rightward > 0 and downward about 0. Look at the sign: where brightness rises to the right "
            "and the stripes move right, a pixel gets darker; hence −I_x I_t. And x is the last axis.",
            partial(_stripes, u=0.4),
            _measured,
            _goes(1, 0),
        ),
        Probe(
            "up",
            "Stripes that move up should have downward < 0 and rightward about 0. Look at the sign: y grows downwards, downward is −I_y I_t, and what moves up takes from it.",
            partial(_stripes, v=-0.4),
            _measured,
            _goes(0, -1),
        ),
        Probe(
            "flickering rim",
            "Only the outermost rows and columns flicker here, and there is energy. Look at the places: all three differences exist at inner pixels only, "
            "1 to h−2 and 1 to w−2, so I_t is to be cut there too.",
            _flickering_rim,
            _measured,
            _is_nothing,
        ),
        Probe(
            "the same places",
            "In a clip of noise the opponent energies are off. Look at whether the differences that you multiply stand at the same place: the central difference "
            "along one axis is cut by one on either side along the two others, `[1:-1]`.",
            lambda seed: {"video": _noise(seed)},
            _measured,
            _agrees,
        ),
        Probe(
            "colours",
            "With three channels the energy is off. Look at what is squared: the brightness is the mean over channels, and differences come after it.",
            _colours_cancel,
            _measured,
            _agrees,
        ),
    ),
)
