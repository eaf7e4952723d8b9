"""The flow network: still at its start, of the right size for any picture, and able to learn a shift."""

import pytest
import torch

from minivid.motion.network import FlowNet, FlowNetConfig


def test_as_it_starts_it_says_that_nothing_moves():
    assert (FlowNet()(torch.rand(2, 1, 16, 16), torch.rand(2, 1, 16, 16)) == 0).all()


@pytest.mark.parametrize("size", [(16, 16), (17, 23), (5, 30)])
def test_the_flow_has_the_pictures_size_and_a_step_for_each_pair(size):
    net = FlowNetConfig(widths=(4, 4, 4)).build()
    torch.nn.init.normal_(net.out[1].weight)
    video = torch.rand(2, 3, 4, *size)
    flow = net.of_video(video)
    assert flow.shape == (2, 3, 2, *size)
    assert torch.allclose(flow[:, 1], net(video[:, :, 1], video[:, :, 2]), atol=1e-5)


def test_every_weight_is_reached_by_the_gradient_after_a_step():
    net = FlowNet((4, 4, 4))
    torch.nn.init.normal_(net.out[1].weight)
    net(torch.rand(2, 1, 16, 16), torch.rand(2, 1, 16, 16)).square().sum().backward()
    assert all(weight.grad is not None and weight.grad.abs().sum() > 0 for weight in net.parameters())


def test_a_shift_is_learnt_in_a_few_steps():
    torch.manual_seed(0)
    net = FlowNet((8, 16, 16))
    optimizer = torch.optim.Adam(net.parameters(), lr=3e-3)
    waves = torch.sin(torch.rand(16, 1, 16, 16).cumsum(3) + torch.rand(16, 1, 1, 1) * 6)
    way = torch.tensor([-1, 1]).repeat(8)
    after = torch.stack([wave.roll(int(shift), 2) for wave, shift in zip(waves, way, strict=True)])
    truth = torch.stack([way, torch.zeros(16)], dim=1)[:, :, None, None].float()
    for _ in range(60):
        loss = (net(waves, after) - truth).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.2  # 0.5 for one that says nothing


def test_a_clip_of_one_frame_is_refused():
    with pytest.raises(ValueError, match="at least 2 frames"):
        FlowNetConfig().check((1, 1, 16, 16))
