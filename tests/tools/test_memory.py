"""Bytes counted tensor by tensor, against the allocator's own record."""

import contextlib

import pytest
import torch
from torch import nn
from torch.profiler import ProfilerActivity, profile

from minivid.tools.memory import LiveTensors, rehearsal


def step(width: int = 64) -> None:
    """A network, an optimizer and two steps."""
    net = nn.Sequential(nn.Linear(width, 4 * width), nn.ReLU(), nn.Linear(4 * width, width))
    optimizer = torch.optim.Adam(net.parameters(), foreach=False)
    for _ in range(2):
        net(torch.randn(200, width)).square().mean().backward()
        optimizer.step()
        optimizer.zero_grad()


def counted(rehearsed: bool = False) -> LiveTensors:
    with rehearsal() if rehearsed else contextlib.nullcontext(), LiveTensors() as live:
        step()
    return live


def allocated() -> int:
    """The most bytes that the allocator had handed out, in torch.profiler's record."""
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        step()
    events = [event for event in record.profiler.kineto_results.events() if event.name() == "[memory]"]
    total = peak = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        total += event.nbytes()
        peak = max(peak, total)
    return peak


def test_the_peak_is_the_allocators():
    assert counted().peak == pytest.approx(allocated(), rel=0.01)


def test_a_rehearsal_counts_what_the_real_run_holds():
    assert counted(rehearsed=True).peak == counted().peak


def test_a_rehearsal_of_more_than_any_computer_has_takes_none_of_it():
    with rehearsal(), LiveTensors() as live:
        torch.ones(2**40).exp()
    assert live.peak == 2 * 4 * 2**40


def test_views_count_once_and_what_is_gone_no_longer():
    with LiveTensors() as live:
        x = torch.zeros(1000)
        y = x.reshape(10, 100).T[3:]
        assert live.now == 4000
        z = y + 1
        assert live.now == 4000 + 4 * z.numel()
        del x, y, z
        assert live.now == 0 and live.peak > 4000
