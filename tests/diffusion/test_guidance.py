"""Guidance: the invariants that tie the wrapped models to the plain one, and what the gradient does in a world that is known."""

import pytest
import torch

from minivid.diffusion.guidance import guided, inpainting, super_resolution
from minivid.diffusion.objective import Objective, from_x
from minivid.diffusion.samplers import ddim, sample
from minivid.diffusion.schedule import COSINE, variance_preserving
from minivid.nn import Cond


def two_faced(z, t, cond=None):
    return z if cond is None else 2 * z


CLIP = torch.linspace(-1, 1, 2 * 3 * 4 * 4).reshape(2, 1, 3, 4, 4)
LEVEL = torch.zeros(2)
HOW = (COSINE, Objective.V)


def test_scale_one_is_conditional_and_scale_zero_unconditional():
    torch.testing.assert_close(guided(two_faced, 1.0)(CLIP, LEVEL, "caption"), two_faced(CLIP, LEVEL, "caption"))
    torch.testing.assert_close(guided(two_faced, 0.0)(CLIP, LEVEL, "caption"), two_faced(CLIP, LEVEL, None))


def test_scale_extrapolates_from_unconditional_through_conditional():
    torch.testing.assert_close(guided(two_faced, 3.0)(CLIP, LEVEL, "caption"), CLIP + 3.0 * (2 * CLIP - CLIP))


def test_without_a_caption_guidance_does_nothing():
    torch.testing.assert_close(guided(two_faced, 5.0)(CLIP, LEVEL, None), CLIP)


def test_images_stay_images_where_guidance_takes_the_caption_away():
    """What is packed behind a clip may not look at it, with a caption or without."""
    seen = []
    cond = Cond(torch.ones(2, 3, 4, dtype=torch.long), torch.ones(2, 3, 4, dtype=torch.bool), images=1)
    guided(lambda z, t, cond: (seen.append(cond), z)[1], 3.0)(CLIP, LEVEL, cond)
    assert [one.images for one in seen] == [1, 1]
    assert [bool(one.token_mask.any()) for one in seen] == [False, True]


def test_what_is_no_strength_and_clips_of_another_shape_are_refused():
    with pytest.raises(ValueError, match="guidance is nan"):
        guided(two_faced, float("nan"))
    one_of_two = inpainting(two_faced, CLIP[:1], torch.ones(1, 1, 3, 4, 4, dtype=torch.bool), 0.0, *HOW)
    with pytest.raises(ValueError, match="expected one shape"):
        one_of_two(CLIP, LEVEL)


# A world of clips whose frames are all alike: x = a for every frame, a ~ N(0, 1). Then E[x | z] is the mean over frames, shrunk.
def constant_world(z, t, cond=None):
    alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(t))
    frames = z.shape[2]
    x_hat = (alpha * z.sum(2, keepdim=True) / (alpha**2 * frames + sigma**2)).expand_as(z)
    return from_x(Objective.V, x_hat, z, alpha, sigma)


def known_first_frame(n: int = 64, frames: int = 4):
    known = torch.zeros(n, 1, frames, 1, 1)
    known[:, :, 0] = torch.randn(n, 1, 1, 1, generator=torch.Generator().manual_seed(0))
    mask = torch.zeros(1, 1, frames, 1, 1, dtype=torch.bool)
    mask[:, :, 0] = True
    return known, mask


def extend(weight: float) -> torch.Tensor:
    """RMS distance of the generated frames from the known one, which the world repeats."""
    known, mask = known_first_frame()
    model = inpainting(constant_world, known, mask, weight, *HOW, generator=torch.Generator().manual_seed(1))
    z = torch.randn(known.shape, generator=torch.Generator().manual_seed(2))
    x = sample(ddim(model, z, *HOW, steps=64))
    torch.testing.assert_close(x[:, :, 0], known[:, :, 0], atol=1e-4, rtol=1e-4)
    return (x[:, :, 1:] - known[:, :, :1]).square().mean().sqrt()


def test_reconstruction_guidance_listens_to_the_known_frame_more_than_replacement():
    """The flaw of replacement that the paper names: the open frames cohere among themselves, not with the known ones."""
    assert extend(weight=2.0) < 0.6 * extend(weight=0.0)


def test_weight_zero_is_the_replacement_method():
    """The model is called on z whose known part is the forward-noised clip, and nothing else is changed."""
    seen = []

    def spy(z, t, cond=None):
        seen.append(z)
        return constant_world(z, t)

    known, mask = known_first_frame(n=2)
    z, t = torch.randn(known.shape, generator=torch.Generator().manual_seed(3)), torch.full((2,), 0.5)
    out = inpainting(spy, known, mask, 0.0, *HOW, generator=torch.Generator().manual_seed(4))(z, t)
    alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(t))
    noise = torch.randn(known.shape, generator=torch.Generator().manual_seed(4))
    torch.testing.assert_close(seen[0], torch.where(mask, alpha * known + sigma * noise, z))
    torch.testing.assert_close(out[:, :, 1:], constant_world(seen[0], t)[:, :, 1:])


def test_the_gradient_is_of_a_sum_through_the_network():
    """x̃ = x̂ − (w α / 2) ∇‖known − x̂‖², checked against a finite difference of the whole model."""
    known, mask = (tensor.double() if tensor.is_floating_point() else tensor for tensor in known_first_frame(n=1))
    t = torch.tensor([0.4], dtype=torch.float64)
    alpha, sigma = (level.reshape(-1, 1, 1, 1, 1) for level in variance_preserving(t))
    z = torch.randn(known.shape, generator=torch.Generator().manual_seed(5), dtype=torch.float64)

    def x_hat(z_in):
        return alpha * z_in - sigma * constant_world(z_in, t)

    out = inpainting(constant_world, known, mask, 3.0, *HOW, generator=torch.Generator().manual_seed(6))(z, t)
    noise = torch.randn(known.shape, generator=torch.Generator().manual_seed(6)).to(z)
    z_in = torch.where(mask, alpha * known + sigma * noise, z)
    gradient = torch.zeros_like(z)
    for frame in range(1, 4):
        step = torch.zeros_like(z)
        step[:, :, frame] = 1e-5
        loss = lambda z_: (known - x_hat(z_))[:, :, 0].square().sum()  # noqa: E731
        gradient[:, :, frame] = (loss(z_in + step) - loss(z_in - step)) / 2e-5
    expected = x_hat(z_in) - 3.0 * alpha / 2 * gradient
    ours = alpha * z - sigma * out
    torch.testing.assert_close(ours[:, :, 1:], expected[:, :, 1:], atol=1e-6, rtol=1e-5)


def test_super_resolution_pulls_the_clip_to_its_low_resolution():
    low = torch.full((16, 1, 4, 1, 1), 0.8)
    downsample = lambda x: x  # noqa: E731
    z = torch.randn(16, 1, 4, 1, 1, generator=torch.Generator().manual_seed(7))
    free = sample(ddim(constant_world, z, *HOW, steps=32))
    pulled = sample(ddim(super_resolution(constant_world, low, downsample, 2.0, *HOW), z, *HOW, steps=32))
    assert (pulled - low).abs().mean() < 0.3 * (free - low).abs().mean()
