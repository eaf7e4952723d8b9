"""Super-resolution: what is shown of the small clip, and one noise for all frames."""

import pytest
import torch

from minivid import zoo
from minivid.adapt.supers import augmented, completed, enlarged, larger, missing, shown_small, smaller
from minivid.data.world import World

SIZES = (World(frames=2, size=24, digit_size=14, colour=True), World(frames=2, size=48, digit_size=28, colour=True))


def noise(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def test_a_smaller_clip_is_the_same_scene_and_an_enlarged_one_has_its_means():
    small, large = (world.sample(4, 1).video for world in SIZES)
    flat = torch.full((1, 3, 2, 4, 4), 0.25)
    torch.testing.assert_close(smaller(enlarged(flat)), flat)
    assert smaller(large).shape == small.shape and torch.equal(
        smaller(large)[0, 0, 0, 0, 0], large[0, 0, 0, :2, :2].mean()
    )


def test_a_small_clip_and_what_it_lacks_are_the_large_one():
    large = SIZES[1].sample(2, 1).video
    torch.testing.assert_close(completed(smaller(large), missing(large)), large)


def test_a_super_resolution_begins_as_bicubic_interpolation():
    """A network that says zero draws nothing."""
    for name in ("super-digits-24", "super-digits-48"):
        run, low = zoo.recipe(name), noise(1, 3, 2, 8, 8).clamp(-1, 1)
        network = run.network.build().eval().requires_grad_(False)
        out = larger(network, low, zoo.schedule_named(run.loss.schedule), run.loss.objective, steps=3)
        assert torch.equal(out, enlarged(low))


def test_noise_on_what_is_given_keeps_its_variance_and_level_0_keeps_the_clip():
    clip, level = noise(2, 3, 8, 32, 32), torch.tensor([0.0, 0.6])
    out = augmented(clip, level, noise(*clip.shape, seed=1))
    assert torch.equal(out[0], clip[0])
    assert out[1].std().item() == pytest.approx(1, abs=0.02)
    assert (out[1] * clip[1]).mean().item() == pytest.approx(0.8, abs=0.02)


def test_the_level_is_told_and_one_frame_of_noise_lies_in_all():
    low, level = noise(2, 3, 5, 4, 4), torch.tensor([0.1, 0.4])
    cond = shown_small(low, level, noise(2, 3, 1, 8, 8, seed=1))
    assert torch.equal(cond.numbers, level[:, None]) and cond.known.shape == (2, 3, 5, 8, 8)
    added = cond.known - (1 - level**2).sqrt()[:, None, None, None, None] * enlarged(low)
    torch.testing.assert_close(added, added[:, :, :1].expand_as(added))


def spatial():
    """A super-resolution of single frames, its weights at random: what it draws is not smooth."""
    network = zoo.recipe("super-digits-48").network.build().eval().requires_grad_(False)
    for weight in network.parameters():
        weight.add_(0.05 * noise(*weight.shape, seed=weight.numel()))
    return network


def test_of_equal_frames_one_noise_makes_equal_frames_and_noise_of_their_own_does_not():
    run, network, still = zoo.recipe("super-digits-48"), spatial(), noise(1, 3, 1, 8, 8).expand(-1, -1, 3, -1, -1)
    how = (zoo.schedule_named(run.loss.schedule), run.loss.objective)
    same, own = (larger(network, still, *how, steps=3, same_noise=one) for one in (True, False))
    assert same.shape == (1, 3, 3, 16, 16)
    torch.testing.assert_close(same, same[:, :, :1].expand_as(same))
    assert (own - own[:, :, :1]).abs().max() > 0.1


def test_the_noise_is_the_seed_s():
    run, network, low = zoo.recipe("super-digits-48"), spatial(), noise(1, 3, 2, 4, 4)
    how = (zoo.schedule_named(run.loss.schedule), run.loss.objective)
    one, again, other = (larger(network, low, *how, steps=2, seed=seed) for seed in (1, 1, 2))
    assert torch.equal(one, again) and not torch.equal(one, other)
