"""Lumiere's space-time U-Net: what its maps of time do at the start, which frames reach which, and what a level is told."""

import pytest
import torch

from minivid.adapt import Method, inflated
from minivid.adapt.compact import CompactBlock, DoubleTime, HalfTime
from minivid.nn import Cond, UNet, UNetConfig

IMAGE = UNetConfig(channels=3, widths=(16, 32, 32), heads=2, vocabulary=34, dim_text=16, temporal=False)
LEVEL = torch.tensor([0.5, -2.0])


@pytest.fixture(scope="module")
def image():
    """An image model of three levels, whose time is halved twice, every weight drawn at random."""
    network, generator = UNet(IMAGE), torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network.eval()


def clip(frames):
    return torch.randn(2, 3, frames, 8, 8, generator=torch.Generator().manual_seed(frames))


@torch.no_grad()
def reached(model, frame, frames):
    z = clip(frames)
    other = z.clone()
    other[:, :, frame] += 1.0
    return (model(z, LEVEL) - model(other, LEVEL)).abs().amax((0, 1, 3, 4)).gt(1e-6).nonzero().flatten().tolist()


@pytest.mark.parametrize(("frames", "left"), [(1, [0]), (2, [0]), (5, [0, 2, 4]), (8, [0, 2, 4, 6])])
def test_halving_time_begins_by_keeping_every_second_frame_to_the_bit(frames, left):
    x = torch.randn(2, 4, frames, 3, 3)
    assert torch.equal(HalfTime(4)(x), x[:, :, left])


def test_doubling_time_begins_by_showing_each_frame_twice_to_the_bit():
    x = torch.randn(2, 4, 3, 2, 2)
    assert torch.equal(DoubleTime(4)(x), x[:, :, [0, 0, 1, 1, 2, 2]])


def test_what_does_not_move_is_neither_brighter_nor_darker_behind_both():
    """Of a linear filter (½, 1, ½) it would be twice as bright on the way down."""
    still = torch.ones(1, 4, 6, 2, 2)
    assert torch.equal(DoubleTime(4)(HalfTime(4)(still)), still)


@pytest.mark.parametrize("frames", [1, 2, 3, 5, 8])
def test_any_number_of_frames_comes_out_again_and_equal_ones_as_of_the_image_model(image, frames):
    model, still = inflated(image, Method.LUMIERE), clip(1).expand(-1, -1, frames, -1, -1)
    with torch.no_grad():
        torch.testing.assert_close(model(still, LEVEL), image(still, LEVEL), atol=1e-4, rtol=1e-4)
        assert model(clip(frames), LEVEL).shape == (2, 3, frames, 8, 8)


def test_before_training_a_frame_reaches_those_that_are_made_from_it_and_no_others(image):
    """Frames 0, 4 of eight are left at the coarsest level, 0, 2, 4, 6 at the one above."""
    model = inflated(image, Method.LUMIERE)
    assert reached(model, 4, 8) == [4, 5, 6, 7] and reached(model, 2, 8) == [2, 3] and reached(model, 3, 8) == [3]


def test_each_level_has_its_own_number_of_frames(image):
    model, seen = inflated(image, Method.LUMIERE), {}
    for name, module in model.named_modules():
        if isinstance(module, CompactBlock):
            module.register_forward_hook(lambda _, given, out, name=name: seen.update({name: out.shape[2:]}))
    with torch.no_grad():
        model(clip(6), LEVEL)
    sizes = [
        tuple(seen[f"{stage}.block"]) for stage in ("down.0", "down.2", "down.4", "middle", "up.0", "up.2", "up.4")
    ]
    assert sizes == [(6, 4, 4), (3, 2, 2), (2, 1, 1), (2, 1, 1), (2, 1, 1), (3, 2, 2), (6, 4, 4)]


def test_a_level_is_told_the_noise_of_the_frames_that_it_has(image):
    """Of frames 0 … 4 the coarsest has 0 and 4: it must not be told the noise of another."""
    model, x = inflated(image, Method.LUMIERE).middle.block, torch.randn(1, 32, 2, 2, 2)
    embed = torch.randn(1, 5, 64)
    with torch.no_grad():
        assert torch.equal(model(x, embed), model(x, embed[:, [0, 4]]))


def test_a_noise_level_for_each_frame_is_taken(image):
    with torch.no_grad():
        each, one = (inflated(image, Method.LUMIERE)(clip(5), t) for t in (LEVEL[:, None].expand(2, 5), LEVEL))
    torch.testing.assert_close(each, one)


def test_a_caption_for_each_frame_is_refused(image):
    words = Cond(torch.ones(2, 5, 3, dtype=torch.long), torch.ones(2, 5, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match="one caption a clip"):
        inflated(image, Method.LUMIERE)(clip(5), LEVEL, words)
