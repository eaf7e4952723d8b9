"""Stable Video Diffusion's guidance, and its preconditioning as the library's objectives."""

import pytest
import torch

from minivid.adapt import Method, inflate, inflated
from minivid.adapt.svd import guided_by_frame, preconditioning, ramp
from minivid.checkpoint import weights_of
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Objective, target
from minivid.nn import Cond, UNet, UNetConfig

IMAGE = UNetConfig(channels=3, widths=(16, 32), heads=2, temporal=False)


@pytest.mark.parametrize("objective", Objective)
def test_its_coefficients_give_the_clip_back_from_what_the_network_should_say(objective):
    x, eps, sigma = *torch.randn(2, 1, 1, 2, 4, 4, dtype=torch.float64), torch.tensor(0.8, dtype=torch.float64)
    alpha = 1 / (1 + sigma**2).sqrt()
    c_skip, c_out, _, _ = preconditioning(sigma, objective)
    said = target(objective, x, eps, alpha, alpha * sigma)
    torch.testing.assert_close(c_skip * (x + sigma * eps) + c_out * said, x)


def of_what_is_known(z, t, cond=None):
    return z + cond.known.sum(1, keepdim=True) + cond.numbers.sum()


Z, T = torch.randn(1, 3, 4, 2, 2), torch.zeros(1)
COND = Cond(known=torch.ones(1, 2, 4, 2, 2), numbers=torch.ones(1, 3))


def test_each_frame_is_guided_by_its_own_scale_and_the_numbers_are_said_to_both():
    out = guided_by_frame(of_what_is_known, ramp(4, 1, 4))(Z, T, COND)
    torch.testing.assert_close((out - Z - 3).mean((0, 1, 3, 4)), 2 * torch.tensor([1.0, 2.0, 3.0, 4.0]))


def test_at_scale_one_it_is_the_model_and_with_nothing_known_too():
    torch.testing.assert_close(
        guided_by_frame(of_what_is_known, torch.ones(4))(Z, T, COND), of_what_is_known(Z, T, COND)
    )
    assert guided_by_frame(lambda z, t, cond: cond, ramp(4))(Z, T, None) is None


def test_where_a_caption_is_taken_away_what_is_known_stays():
    asked = []
    cond = Cond(
        torch.ones(1, 2, dtype=torch.long), torch.ones(1, 2, dtype=torch.bool), known=COND.known, numbers=COND.numbers
    )
    guided(lambda z, t, cond: asked.append(cond) or z, 2.0)(Z, T, cond)
    silent = next(one for one in asked if not one.token_mask.any())
    assert len(asked) == 2 and silent.known is cond.known and silent.numbers is cond.numbers


@pytest.mark.parametrize("method", Method)
def test_an_image_model_that_is_told_more_begins_as_one_that_is_not(method):
    torch.manual_seed(0)
    image = UNet(IMAGE)
    torch.nn.init.normal_(image.conv_out.weight)
    model, still = (
        inflated(image, method, known=2, numbers=3),
        Z[:, :, :1].expand(-1, -1, 4, -1, -1).repeat(1, 1, 1, 2, 2),
    )
    cond = Cond(known=torch.randn(1, 2, 4, 4, 4), numbers=torch.randn(1, 3))
    with torch.no_grad():
        torch.testing.assert_close(model(still, T, cond), image(still, T), atol=1e-5, rtol=1e-5)
    own = {name for name in model.trained() if name.startswith(("known_in.", "numbers."))}
    assert own == {f"known_in.{kind}" for kind in ("weight", "bias")} | {
        f"numbers.mlp.{layer}.{kind}" for layer in (0, 2) for kind in ("weight", "bias")
    }


def test_whole_means_that_the_image_model_s_weights_are_trained_too():
    config, _ = inflate(UNet(IMAGE), Method.VIDEO_LDM, known=3, whole=True)
    model = config.build()
    assert model.trained() == [name for name, _ in model.named_parameters()] == list(weights_of(model))
    assert all(weight.requires_grad for weight in model.parameters())
