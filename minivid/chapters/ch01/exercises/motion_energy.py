"""1.6: motion energy from gradients in space and time."""

from functools import partial

import torch
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import told
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


def _means(dt: Tensor, dy: Tensor, dx: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    return tuple(part.mean((1, 2, 3)) for part in (dt**2, -dx * dt, -dy * dt))


def _central(brightness: Tensor) -> tuple[Tensor, ...]:
    """Differences along t, y, x, halved, at inner places."""
    return tuple(part[:, 1:-1, 1:-1, 1:-1] for part in torch.gradient(brightness, dim=(1, 2, 3)))


def _forward(brightness: Tensor) -> tuple[Tensor, ...]:
    """What comes next less what is here, cut at one end."""
    here = brightness[:, :-1, :-1, :-1]
    return brightness[:, 1:, :-1, :-1] - here, brightness[:, :-1, 1:, :-1] - here, brightness[:, :-1, :-1, 1:] - here


def _light(video: Tensor) -> Tensor:
    return (video.mean(1) + 1) / 2


def _of_means(video: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    dt, dy, dx = (part.mean((1, 2, 3)) for part in _central(_light(video)))
    return (_central(_light(video))[0] ** 2).mean((1, 2, 3)), -dx * dt, -dy * dt


MISTAKES = {
    "It is four times too much: either brightness is counted from −1 to 1, or differences over two frames (and pixels) are not halved.": lambda v: (
        _means(*_central(v.mean(1)))
    ),
    "These are sums, and should be means.": lambda v: tuple(
        m * _central(_light(v))[0][0].numel() for m in motion_energy(v)
    ),
    "The derivatives are not cut to inner pixels of inner frames: at the ends torch.gradient takes one-sided ones.": lambda v: (
        _means(*torch.gradient(_light(v), dim=(1, 2, 3)))
    ),
    "These are differences to the next frame and the next pixel, and should be central ones.": lambda v: _means(
        *_forward(_light(v))
    ),
    "The signs of both opponent energies are another: it is *minus* I_x I_t.": lambda v: (
        motion_energy(v)[0],
        -motion_energy(v)[1],
        -motion_energy(v)[2],
    ),
    "Rightward and downward are exchanged: x is the last axis.": lambda v: (
        motion_energy(v)[0],
        motion_energy(v)[2],
        motion_energy(v)[1],
    ),
    "The means are multiplied, and should be taken of the products.": _of_means,
    "The root of the energy was taken.": lambda v: (motion_energy(v)[0].sqrt(), *motion_energy(v)[1:]),
    "The differences were squared after the mean over the channels' own: the mean over channels comes first.": lambda v: (
        tuple(torch.stack([torch.stack(motion_energy(v[:, [i]])) for i in range(v.shape[1])]).mean(0))
    ),
    "This is the first channel's.": lambda v: motion_energy(v[:, :1]),
}


_measured = returned("energy", "rightward", "downward")
_agrees = told(agrees(motion_energy, _measured, atol=1e-6), _measured, MISTAKES, rtol=1e-4, atol=1e-7)


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
            (
                "Three things are returned, (energy, rightward, downward), each with one number a clip: of shape (b,).",
                "The means are over time, height and width, and no others.",
                "`.mean((1, 2, 3))`, once the channels are gone.",
            ),
            lambda seed: {"video": _noise(seed)},
            _measured,
            shaped(2),
        ),
        Probe(
            "still picture",
            (
                "A textured picture that stands still has energy where nothing moves.",
                "Something besides I_t adds to it: contrast in space is no motion.",
                "`dt**2` alone, and products with `dt`.",
            ),
            _still,
            _measured,
            _is_nothing,
        ),
        Probe(
            "a lamp turned up",
            (
                "Where the light rises evenly by k a frame the energy should be k², and is not.",
                "Brightness from 0 to 1 is (video + 1) / 2, a central difference spans two frames, and the energy is its square.",
                "`((after - before) / 2) ** 2`, with `(video.mean(1) + 1) / 2` as brightness.",
            ),
            partial(_lamp, flickers=False),
            _measured,
            _agrees,
        ),
        Probe(
            "a lamp that flickers",
            (
                "Where the light changes unevenly the energy is off.",
                "Each inner frame's I_t is (I[t+1] − I[t−1]) / 2; it is squared first, and then comes the mean.",
                "`(brightness[:, 2:] - brightness[:, :-2]) / 2`, at inner pixels.",
            ),
            partial(_lamp, flickers=True),
            _measured,
            _agrees,
        ),
        Probe(
            "to the right",
            (
                "Stripes that move to the right should have rightward > 0 and downward about 0.",
                "Where brightness rises to the right and the stripes move right, a pixel gets darker; hence −I_x I_t. And x is the last axis.",
                "`(-dx * dt).mean((1, 2, 3))`, the second of the three.",
            ),
            partial(_stripes, u=0.4),
            _measured,
            told(_goes(1, 0), _measured, MISTAKES, rtol=1e-4, atol=1e-7),
        ),
        Probe(
            "up",
            (
                "Stripes that move up should have downward < 0 and rightward about 0.",
                "y grows downwards, downward is −I_y I_t, and what moves up takes from it.",
                "`(-dy * dt).mean((1, 2, 3))`, the third of the three.",
            ),
            partial(_stripes, v=-0.4),
            _measured,
            told(_goes(0, -1), _measured, MISTAKES, rtol=1e-4, atol=1e-7),
        ),
        Probe(
            "flickering rim",
            (
                "Only the outermost rows and columns flicker here, and there is energy.",
                "All three derivatives exist at inner pixels only, 1 to h − 2 and 1 to w − 2: I_t is cut there too.",
                "`brightness[:, 2:, 1:-1, 1:-1] - brightness[:, :-2, 1:-1, 1:-1]`.",
            ),
            _flickering_rim,
            _measured,
            _is_nothing,
        ),
        Probe(
            "the same places",
            (
                "In a clip of noise the opponent energies are off.",
                "The derivatives that are multiplied must stand at the same place: the central difference along one axis is cut by one on either side along the two others.",
                "`brightness[:, 1:-1, 1:-1, 2:] - brightness[:, 1:-1, 1:-1, :-2]` for I_x, halved.",
            ),
            lambda seed: {"video": _noise(seed)},
            _measured,
            _agrees,
        ),
        Probe(
            "colours",
            (
                "With three channels the energy is off.",
                "The brightness is the mean over channels, and derivatives come after it.",
                "`video.mean(1)`, first of all.",
            ),
            _colours_cancel,
            _measured,
            _agrees,
        ),
    ),
)
