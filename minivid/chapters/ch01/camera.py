"""Films that break in one of three ways, or not at all (chapter 1).

A camera looks at a part of a larger scene. What it should do is stand still. Checked by tests/chapters/ch01/test_camera.py.
"""

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.data import World
from minivid.metrics.corruptions import moved
from minivid.tools.seeds import Seed, generator

KINDS = ("steady", "flicker", "drift", "jump")
"""What can be the matter with a film."""
FRAMES, SIZE, MARGIN = 16, 32, 8
SCENE = World(
    frames=FRAMES,
    size=SIZE + 2 * MARGIN,
    digit_size=14,
    background="checks",
    directions=("left", "right"),
    speeds=("quickly",),
    quickly=(0.9, 1.2),
)
"""What there is to be filmed: a digit that moves sideways before checks that do not."""

Films = Float[Tensor, "n 1 t h w"]


def filmed(scene: Float[Tensor, "n c t h w"], path: Float[Tensor, "n t 2"]) -> Float[Tensor, "n c t y x"]:
    """What a camera sees that stands (x, y) pixels off the middle of a scene, in each frame. Its picture has MARGIN pixels less on each side."""
    return moved(scene, -path)[..., MARGIN:-MARGIN, MARGIN:-MARGIN]


def exposed(video: Films, gain: Float[Tensor, "n t"]) -> Films:
    """Each frame's light times its gain, where black is −1; what is too bright is white."""
    return ((video + 1) * gain[:, None, :, None, None].clamp(min=0) - 1).clamp(-1, 1)


def film(kind: str, n: int, seed: Seed) -> Films:
    """n films of one of KINDS, each with its own scene and strength. Raises ValueError for another word.

    flicker: each frame's light is off by 15 to 30 % (one standard deviation). drift: the camera slides sideways by 0.3 to 0.45 pixels a
    frame. jump: somewhere in the middle it is knocked sideways by 4 to 6 pixels.
    """
    if kind not in KINDS:
        raise ValueError(f"A film is one of {', '.join(KINDS)}; this is {kind!r}.")
    chance = generator(seed, "what breaks")
    strength, way = torch.rand(n, 1, generator=chance), torch.randint(2, (n, 1), generator=chance) * 2 - 1
    t, sideways, gain = torch.arange(FRAMES), torch.zeros(n, FRAMES), torch.full((n, FRAMES), 2.0)
    if kind == "flicker":
        gain = 2 + 2 * (0.15 + 0.15 * strength) * torch.randn(n, FRAMES, generator=chance)
    elif kind == "drift":
        sideways = way * (0.3 + 0.15 * strength) * (t - (FRAMES - 1) / 2)
    elif kind == "jump":
        sideways = way * (4 + 2 * strength) * (t >= torch.randint(5, 12, (n, 1), generator=chance))
    path = torch.stack([sideways, torch.zeros(n, FRAMES)], dim=-1)
    return exposed(filmed(SCENE.sample(n, seed).video, path), gain)


def slices(films: Films) -> Float[Tensor, "n t w"]:
    """The x–t slice of each film at its brightest row, through which the digit moves."""
    rows = films.mean((1, 2, 4)).argmax(1)
    return films[torch.arange(len(films)), 0, :, rows]
