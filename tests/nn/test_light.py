"""The light network: what it sees, how it begins, what it refuses."""

import pytest
import torch
from torch import nn

from minivid.nn.light import LightConfig, MotionNet
from minivid.nn.network import NetworkConfig
from minivid.nn.reach import reach


def awake(layers: int = 2) -> MotionNet:
    net = LightConfig(dim=8, layers=layers).build()
    nn.init.normal_(net.flow.weight)
    return net


def test_it_begins_by_saying_that_nothing_moves():
    assert LightConfig().build()(torch.randn(2, 1, 4, 8, 8)).abs().max() == 0


@pytest.mark.parametrize("layers", [1, 2])
def test_a_flow_is_said_from_the_frames_that_it_claims_and_from_no_later_one(layers):
    net = awake(layers)
    reached = reach(net, torch.randn(1, 1, 9, 8, 8), (2, 4, 4)).flatten(1).any(1)
    assert reached.nonzero().flatten().tolist() == list(range(2, 2 + net.config.seen))


def test_what_was_seen_longer_ago_can_be_left_out():
    net, video = awake(), torch.randn(1, 1, 9, 8, 8)
    few = net(video[:, :, -net.config.seen :])[:, :, -1]
    torch.testing.assert_close(few, net(video)[:, :, -1], atol=1e-5, rtol=1e-5)


def test_one_frame_and_any_number_of_them_are_taken():
    net = awake()
    for frames in (1, 2, 7):
        assert net(torch.randn(2, 1, frames, 6, 10)).shape == (2, 2, frames, 6, 10)


def test_a_width_of_one_channel_is_a_network_too():
    assert LightConfig(dim=1, layers=1).build()(torch.randn(1, 1, 2, 4, 4)).shape == (1, 2, 2, 4, 4)


def test_what_does_not_fit_is_a_sentence():
    assert isinstance(LightConfig(), NetworkConfig)
    with pytest.raises(ValueError, match="built for 1 channels, but the clip has 3"):
        LightConfig().build()(torch.zeros(1, 3, 2, 8, 8))
    with pytest.raises(ValueError, match="2 frames of 7×8 does not fit"):
        LightConfig().build()(torch.zeros(1, 1, 2, 7, 8))
    with pytest.raises(ValueError, match="dim is 0; expected a whole number"):
        LightConfig(dim=0)
    with pytest.raises(ValueError, match="reads no captions"):
        LightConfig(vocabulary=9)
