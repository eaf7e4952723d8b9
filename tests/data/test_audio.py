"""A click is heard when a wall is met, and tells what met it and how hard."""

import numpy as np
import pytest
import torch

from minivid.data import SAMPLE_RATE, World
from minivid.data.world.audio import clicks, pitch
from minivid.tools.seeds import generator


def sound(bounce, impact=1.0, digit=3, frames=8, fps=8):
    times, force = torch.tensor([[[bounce]]], dtype=torch.float64), torch.tensor([[[impact]]], dtype=torch.float64)
    return clicks(times, force, torch.tensor([[digit]]), frames, fps, generator(0, "audio"))[0]


@pytest.mark.parametrize("bounce", [0.7, 3.21, 6.9])
def test_a_click_begins_at_its_bounce(bounce):
    onset = (sound(bounce).abs() > 0.05).nonzero()[0].item() / SAMPLE_RATE
    assert onset == pytest.approx(bounce / 8, abs=5e-4)


def test_without_a_bounce_there_is_hiss():
    assert sound(float("inf")).abs().max() < 0.02


@pytest.mark.parametrize("digit", range(10))
def test_a_numerals_pitch_is_heard(digit):
    heard = sound(2.0, digit=digit, frames=8)
    spectrum = np.abs(np.fft.rfft(heard.numpy()))
    loudest = spectrum.argmax() * SAMPLE_RATE / len(heard)
    assert loudest == pytest.approx(pitch(torch.tensor(digit)).item(), abs=15)


def test_a_harder_impact_is_louder():
    levels = [sound(2.0, impact=impact).abs().max().item() for impact in (0.2, 0.6, 1.8)]
    assert levels[0] < levels[1] < levels[2] <= 1


def test_the_world_clicks_at_its_bounces_and_lasts_as_long_as_its_frames():
    clips = World(frames=12, audio=True, frames_per_second=6).sample(16, seed=0)
    assert clips.audio.shape == (16, 2 * SAMPLE_RATE)
    heard = 0
    for bounce, audio in zip(clips.bounce, clips.audio, strict=True):
        first = bounce.min().item()
        before = audio[: int(min(first / 6, 2) * SAMPLE_RATE)]
        assert before.abs().max() < 0.02, "nothing is heard before the first bounce"
        if first < 11:
            after = audio[int(first / 6 * SAMPLE_RATE) :][:100]
            assert after.abs().max() > 0.1
            heard += 1
    assert heard > 4


def test_a_world_has_no_sound_unless_it_is_asked_for():
    assert World().sample(1, seed=0).audio is None
