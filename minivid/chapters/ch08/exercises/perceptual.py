"""8.3: LPIPS's formula, given the feature maps of a network."""

from collections.abc import Sequence
from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, Promises, agrees, returned, shaped
from minivid.metrics.paired import lpips_distance, lpips_of_frames, unit

Maps = Sequence[Float[Tensor, "n _ _ _"]]


def perceptual(features_a: Maps, features_b: Maps, weights: Sequence[Float[Tensor, " _"]]) -> Float[Tensor, " n"]:
    """LPIPS from feature maps (Zhang et al. 2018, eq. 1): lists of n c h w and of c, one for each layer."""
    return sum(
        ((unit(f) - unit(g)).square() * weight[:, None, None]).sum(1).mean((1, 2))
        for f, g, weight in zip(features_a, features_b, weights, strict=True)
    )


LAYERS = ((4, 5, 6), (6, 3, 2))


def _maps(seed: int, layers: int = 1, rescaled: bool = False, blind: bool = False) -> dict:
    """Feature maps of three pairs of pictures. `rescaled`: the second are the first, each place with a length of its own."""
    generator = torch.Generator().manual_seed(seed)
    a, b, weights = [], [], []
    for c, h, w in LAYERS[:layers]:
        one, two = torch.rand(2, 3, c, h, w, generator=generator) * 3
        a.append(one)
        b.append(one * (0.2 + torch.rand(3, 1, h, w, generator=generator)) if rescaled else two)
        weights.append(0.2 + 2 * torch.rand(c, generator=generator))
    if blind:
        a[0][1, :, 2, 3] = b[0][1, :, 2, 3] = b[0][2, :, 0, 0] = 0
    return {"features_a": a, "features_b": b, "weights": weights}


_distance = returned("distance")
_agrees = agrees(perceptual, _distance, rtol=1e-3)

EXERCISE = Exercise(
    id="8.3",
    title="Through a network's eyes",
    points=2,
    stars=2,
    minutes=15,
    reference=perceptual,
    promises=Promises(tensor=False),
    answers=(perceptual, lpips_distance, lpips_of_frames),
    probes=(
        Probe(
            "one number a picture",
            "Each pair of pictures has a distance of its own: shape (n,).",
            _maps,
            _distance,
            shaped(3),
        ),
        Probe(
            "lengths unseen",
            "The second maps point where the first ones point, only longer or shorter, so the distance should be 0: at each place the "
            "vector of channels (dim 1) is divided by its own length.",
            partial(_maps, rescaled=True),
            _distance,
            lambda arrays, inputs: bool((abs(arrays["distance"]) < 1e-5).all()),
        ),
        Probe(
            "one layer",
            "With one layer it is the weighted *sum* over channels of squared differences, averaged over places: Σ w (f̂ − ĝ)², the weight "
            "not squared, the lengths √Σ f².",
            _maps,
            _distance,
            _agrees,
        ),
        Probe(
            "two layers",
            "Each layer is averaged over its own places, and the layers are then summed: all of them, and no mean.",
            partial(_maps, layers=2),
            _distance,
            _agrees,
        ),
        Probe(
            "nothing seen",
            "Where a network saw nothing its vector is 0 and has no direction: leave it 0 (divide by its length plus 1e-10) instead of 0 / 0.",
            partial(_maps, layers=2, blind=True),
            _distance,
            _agrees,
        ),
    ),
)
