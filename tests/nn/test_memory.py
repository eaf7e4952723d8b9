"""The formula of memory against what a training step really holds."""

import contextlib

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel

from minivid.nn.memory import KEPT, PARTS, parameters, peak_bytes, training_bytes
from minivid.nn.unet import UNetConfig
from minivid.tools.memory import LiveTensors, rehearsal

COURSES = UNetConfig(widths=(32, 64))
DEEP = UNetConfig(widths=(16, 32, 48), blocks=2, patch=1, heads=8, channels=3)
CLIPS = ((1, 4, 16, 16), (4, 8, 16, 16), (1, 32, 16, 16), (1, 8, 64, 64))  # b t h w


def measured(config, clip, kernel="fused", checkpointing=False) -> int:
    """The peak of live tensors in two steps, rehearsed."""
    with rehearsal(), LiveTensors() as live:
        net = config.build().checkpointing(checkpointing)
        optimizer = torch.optim.Adam(net.parameters())
        for _ in range(2):
            x = torch.randn(clip)
            with sdpa_kernel(SDPBackend.MATH) if kernel == "kept" else contextlib.nullcontext():
                (net(x, torch.zeros(clip[0])) - x).square().mean().backward()
            optimizer.step()
            optimizer.zero_grad()
    return live.peak


@pytest.mark.parametrize("kernel", ["fused", "kept"])
@pytest.mark.parametrize("checkpointing", [False, True], ids=["all kept", "checkpointing"])
@pytest.mark.parametrize("clip", CLIPS)
def test_the_estimate_is_within_a_fifth_of_what_is_held(clip, checkpointing, kernel):
    clip = (clip[0], 1, *clip[1:])
    estimate = peak_bytes(training_bytes(COURSES, clip, kernel, checkpointing))
    assert estimate == pytest.approx(measured(COURSES, clip, kernel, checkpointing), rel=0.2)


@pytest.mark.parametrize("config", [DEEP, UNetConfig(widths=(16,), temporal=False)], ids=["deep", "of images"])
def test_and_of_other_networks(config):
    clip = (2, config.channels, 8, 16, 16)
    assert peak_bytes(training_bytes(config, clip)) == pytest.approx(measured(config, clip), rel=0.1)


def test_the_parts_grow_as_they_should():
    small, longer, wider = (
        training_bytes(UNetConfig(), (1, 1, *shape), "kept") for shape in ((8, 16, 16), (16, 16, 16), (8, 32, 32))
    )
    assert all(
        longer[part] == 2 * small[part] and wider[part] == 4 * small[part] for part in ("convolutions", "attention")
    )
    assert small["weights"] == longer["weights"] == wider["weights"] == 4 * parameters(UNetConfig())
    assert wider["scores"] > 10 * small["scores"]
    assert set(KEPT) < set(PARTS) == set(small)


def test_the_estimate_refuses_what_it_does_not_know():
    with pytest.raises(ValueError, match="multiples of 4"):
        training_bytes(UNetConfig(), (1, 1, 8, 15, 16))
    with pytest.raises(ValueError, match="no captions"):
        training_bytes(UNetConfig(vocabulary=9), (1, 1, 8, 16, 16))


def test_checkpointing_changes_no_gradient():
    torch.manual_seed(0)
    net = UNetConfig(widths=(8, 16), heads=2).build()
    with torch.no_grad():
        for weight in net.parameters():
            weight.add_(0.1 * torch.randn_like(weight))
    x, found = torch.randn(2, 1, 4, 8, 8), []
    for on in (False, True):
        net.checkpointing(on).zero_grad()
        net(x, torch.zeros(2)).square().mean().backward()
        found.append([weight.grad.clone() for weight in net.parameters()])
    assert all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(*found, strict=True))
