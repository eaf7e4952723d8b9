"""A super-resolution of the zoo, asked, and how sharp what it makes is (chapter 6; tests/chapters/ch06/test_supers.py)."""

from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.supers import USUAL, larger


def enlarged_by(
    model: zoo.Model,
    low: Float[Tensor, "b c t h w"],
    seed: int = 0,
    steps: int = 20,
    same_noise: bool = False,
    level: float | int = USUAL,
) -> Float[Tensor, "b c t h2 w2"]:
    """Clips twice as large, drawn by the model's own objective and schedule."""
    return larger(model.denoiser, low, model.schedule, model.objective, steps, level, seed, same_noise)


def sharpness(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b"]:
    """The mean square of the steps from a pixel to its neighbours, across and down."""
    return sum(video.diff(dim=axis).square().mean((1, 2, 3, 4)) for axis in (3, 4))
