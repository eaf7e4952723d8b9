"""Text2Video-Zero: each piece by what it must and must not do, and the whole by its invariants."""

import pytest
import torch

from minivid.adapt.zeroshot import (
    bright,
    looking_at,
    mirrored,
    motion_field,
    moved,
    noised_further,
    smoothed,
    zero_shot,
)
from minivid.diffusion.objective import Objective
from minivid.diffusion.samplers import ddim
from minivid.diffusion.schedule import COSINE
from minivid.nn.attention import keys
from minivid.nn.unet import UNet, UNetConfig

CONFIG = UNetConfig(channels=3, widths=(8, 16), heads=2, temporal=False)
STILL = torch.zeros(4, 2)


@pytest.fixture
def image() -> UNet:
    torch.manual_seed(0)
    network = UNet(CONFIG).eval()
    with torch.no_grad():
        for weight in network.parameters():  # at the start it says nothing
            weight.copy_(torch.randn_like(weight) / max(1, weight[0].numel()) ** 0.5)
    return network


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def ran(image: UNet, by: torch.Tensor, turn: tuple[int, int], **options) -> torch.Tensor:
    path = zero_shot(looking_at(image), noise(2, 3, 1, 8, 8), COSINE, Objective.V, by, 6, turn, **options)
    return list(path)[-1][0]


def test_frame_k_has_moved_k_times_delta_and_the_first_not_at_all():
    assert motion_field((1.0, -0.5), 4).tolist() == [[0, 0], [1, -0.5], [2, -1], [3, -1.5]]


def test_content_moves_the_way_that_it_is_told():
    z = torch.zeros(1, 1, 3, 5, 6)
    z[..., 2, 3] = 1.0
    there = moved(z, motion_field((1.0, -1.0), 3))[0, 0].nonzero().tolist()
    assert there == [[0, 2, 3], [1, 1, 4], [2, 0, 5]]


def test_no_motion_is_the_identity_to_the_bit():
    z = noise(2, 3, 4, 5, 7)
    assert torch.equal(moved(z, STILL), z)


def test_moved_noise_is_still_noise():
    """Every value comes from one place: none is a mean of several."""
    z = noise(1, 2, 3, 9, 9)
    out = moved(z, motion_field((1.4, -0.7), 3))
    assert torch.isin(out, z).all()
    assert torch.equal(out[:, :, 2, :-1, 3:], z[:, :, 2, 1:, :-3])  # 2.8 and −1.4, to the nearest


def test_beyond_the_border_is_a_mirror():
    assert mirrored(torch.arange(-3, 7), 4).tolist() == [2, 1, 0, 0, 1, 2, 3, 3, 2, 1]


def test_noised_further_is_what_the_clip_itself_would_be_at_that_level():
    """The moments of q(z_t | z_s) q(z_s | x) are those of q(z_t | x)."""
    s, t = torch.tensor(1.5), torch.tensor(-1.0)
    alpha_s, sigma_s = COSINE.alpha_sigma(s)
    x = 0.7
    z_s = alpha_s * x + sigma_s * noise(1, 1, 2, 300, 300)
    z_t = noised_further(z_s, s, t, COSINE, noise(1, 1, 2, 300, 300, seed=1))
    alpha_t, sigma_t = COSINE.alpha_sigma(t)
    assert abs(z_t.mean() - alpha_t * x) < 0.01 and abs(z_t.std() - sigma_t) < 0.01


def test_noised_no_further_is_the_same():
    z, level = noise(1, 3, 2, 4, 4), torch.tensor(0.3)
    torch.testing.assert_close(noised_further(z, level, level, COSINE, noise(1, 3, 2, 4, 4, seed=1)), z)


def test_noise_is_not_taken_away():
    with pytest.raises(ValueError, match="lower log-SNR"):
        noised_further(noise(1, 1, 1, 2, 2), torch.tensor(-1.0), torch.tensor(1.0), COSINE, noise(1, 1, 1, 2, 2))


def test_smoothing_leaves_the_foreground_and_mixes_what_is_behind():
    z, first = noise(1, 3, 2, 4, 4), noise(1, 3, 2, 4, 4, seed=1)
    mask = torch.zeros(1, 1, 2, 4, 4)
    mask[..., :2] = 1
    out = smoothed(z, first, mask, 0.6)
    assert torch.equal(out[..., :2], z[..., :2])
    torch.testing.assert_close(out[..., 2:], 0.6 * first[..., 2:] + 0.4 * z[..., 2:])


def test_what_is_bright_is_found_in_its_own_frame_with_a_margin_of_one():
    x = -torch.ones(1, 3, 2, 7, 7)
    x[0, 1, 1, 3, 3] = 0.5
    mask = bright(x)
    assert mask[:, :, 0].sum() == 0 and mask[:, :, 1].sum() == 9 and mask[0, 0, 1, 2:5, 2:5].all()


def test_on_one_frame_it_is_the_image_model(image):
    z, level = noise(2, 3, 1, 8, 8), torch.tensor([0.5, -2.0])
    torch.testing.assert_close(looking_at(image)(z, level), image(z, level))


def test_the_first_frame_is_seen_by_all_and_sees_none(image):
    z, level = noise(1, 3, 4, 8, 8), torch.zeros(1)
    network = looking_at(image)
    for changed, reached in ((0, [0, 1, 2, 3]), (2, [2])):
        other = z.clone()
        other[:, :, changed] += 1
        change = (network(other, level) - network(z, level)).abs().amax((0, 1, 3, 4))
        assert change.gt(1e-6).nonzero().flatten().tolist() == reached


def test_another_policy_joins_other_frames(image):
    z, level = noise(1, 3, 4, 8, 8), torch.zeros(1)
    other = z.clone()
    other[:, :, 2] += 1
    network = looking_at(image, keys.first_and_previous)
    change = (network(other, level) - network(z, level)).abs().amax((0, 1, 3, 4))
    assert change.gt(1e-6).nonzero().flatten().tolist() == [2, 3]


def test_without_motion_and_without_new_noise_all_frames_are_the_image(image):
    out = ran(image, STILL, (2, 2))
    plain = [z for z, _ in ddim(image, noise(2, 3, 1, 8, 8), COSINE, Objective.V, 6)][-1]
    torch.testing.assert_close(out, plain.expand_as(out), atol=1e-4, rtol=1e-4)


def test_new_noise_makes_frames_differ_and_leaves_the_first(image):
    calm, noisy = (ran(image, STILL, turn) for turn in ((2, 2), (2, 4)))
    torch.testing.assert_close(noisy[:, :, 0], calm[:, :, 0], atol=1e-4, rtol=1e-4)
    assert (noisy[:, :, 1:] - noisy[:, :, :1]).abs().amax() > 0.01


def test_smoothing_at_full_share_and_without_foreground_makes_each_frame_the_first_moved(image):
    by = motion_field((1.0, 0.0), 4)
    path = list(
        zero_shot(
            lambda z, t, cond=None: torch.zeros_like(z),
            noise(1, 3, 1, 8, 8),
            COSINE,
            Objective.EPS,
            by,
            6,
            (2, 4),
            smooth=(4, 1.0),
            foreground=lambda x: torch.zeros_like(x[:, :1]),
        )
    )
    (before, _), (after, _) = path[1], path[2]
    expected = moved(before[:, :, :1].expand_as(before), by)
    torch.testing.assert_close(after / after[:, :, :1].norm(), expected / expected[:, :, :1].norm())


@pytest.mark.parametrize(
    "options", [{"turn": (4, 2)}, {"turn": (-1, 2)}, {"turn": (2, 6)}, {"turn": (2, 4), "smooth": (1, 0.6)}]
)
def test_steps_that_are_none_are_refused_in_a_sentence(image, options):
    with pytest.raises(ValueError, match="expected"):
        ran(image, STILL, options.pop("turn"), **options)


def test_a_network_with_time_is_no_image_model():
    with pytest.raises(ValueError, match="without time"):
        looking_at(UNet(UNetConfig(channels=3, widths=(8, 16), heads=2)))
