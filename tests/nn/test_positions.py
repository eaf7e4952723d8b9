"""Rotary and sinusoidal positions by their definition: complex numbers that turn, clocks that run at their own speed."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.nn.attention.core import TIME, Attention
from minivid.nn.attention.positions import angles, rotate, sinusoidal


def test_a_pair_is_a_complex_number_times_a_unit_one():
    x, position = torch.randn(2, 3, 5, 8), torch.tensor([0.0, 1.0, 2.5, -3.0, 40.0])
    turn = torch.polar(torch.ones(5, 4), angles(position, 8))
    expected = torch.view_as_real(torch.view_as_complex(x.unflatten(-1, (4, 2))) * turn).flatten(-2)
    torch.testing.assert_close(rotate(x, position), expected)


def test_clocks_run_from_one_radian_a_frame_down_to_the_slowest():
    angle = angles(torch.tensor([1.0]), 64)[0]
    assert angle[0] == 1 and (angle.diff() < 0).all()
    torch.testing.assert_close(angle[-1], torch.tensor(10_000.0 ** (-62 / 64)))


@given(st.integers(0, 2**31), st.floats(-50, 50))
def test_scores_depend_on_the_difference_of_positions_alone(seed, shift):
    generator = torch.Generator().manual_seed(seed)
    q, k = torch.randn(2, 1, 6, 8, generator=generator, dtype=torch.float64)
    position = 20 * torch.rand(6, generator=generator, dtype=torch.float64)
    here, there = (rotate(q, p) @ rotate(k, p).mT for p in (position, position + shift))
    torch.testing.assert_close(here, there, atol=1e-9, rtol=1e-9)


def test_half_precision_keeps_its_type_and_exact_angles():
    x, position = torch.randn(1, 1, 2, 8), torch.tensor([999.0, 1000.0])
    torch.testing.assert_close(rotate(x.bfloat16(), position).float(), rotate(x, position), atol=0.05, rtol=0.05)
    assert rotate(x.bfloat16(), position).dtype == torch.bfloat16
    assert rotate(x.double(), position).dtype == torch.float64


def test_sinusoids_are_the_sines_then_the_cosines_of_the_angles():
    waves = sinusoidal(torch.tensor([3.0]), 4)[0].tolist()
    assert waves == pytest.approx([math.sin(3), math.sin(0.03), math.cos(3), math.cos(0.03)])


def test_attention_with_rotary_positions_is_attention_on_turned_queries_and_keys():
    layer, x, position = Attention(8, 2, TIME), torch.randn(1, 8, 5, 1, 1), torch.arange(5.0)
    torch.nn.init.eye_(layer.to_out.weight)
    with torch.no_grad():
        q, k, v = layer.to_qkv(layer.norm(x)[0, :, :, 0, 0].T).chunk(3, dim=-1)
        q, k, v = (part.unflatten(-1, (2, 4)).movedim(1, 0) for part in (q, k, v))
        weights = (rotate(q, position) @ rotate(k, position).mT / 2).softmax(-1)
        expected = (weights @ v).movedim(0, 1).flatten(1).T[None, :, :, None, None]
        torch.testing.assert_close(layer(x, position=position) - x, expected, atol=1e-5, rtol=1e-5)


def test_attention_with_rotary_positions_is_not_blind_to_order_and_depends_on_distance_alone():
    layer, x, shuffle = Attention(8, 2, TIME), torch.randn(1, 8, 5, 2, 2), torch.tensor([3, 0, 4, 1, 2])
    torch.nn.init.normal_(layer.to_out.weight)
    position = torch.arange(5.0)
    with torch.no_grad():
        out = layer(x, position=position)
        assert (layer(x[:, :, shuffle], position=position) - out[:, :, shuffle]).abs().max() > 0.01
        torch.testing.assert_close(layer(x, position=position + 7), out, atol=1e-5, rtol=1e-5)
        torch.testing.assert_close(layer(x[:, :, shuffle]), layer(x)[:, :, shuffle], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dim", [0, 1, 7])
def test_a_width_that_is_not_made_of_pairs_is_a_sentence(dim):
    with pytest.raises(ValueError, match=f"{dim} channels are no pairs"):
        rotate(torch.randn(1, 3, dim), torch.arange(3.0))
    with pytest.raises(ValueError, match="expected an even number"):
        sinusoidal(torch.arange(3.0), dim)


def test_heads_of_an_odd_width_are_refused_when_they_should_turn():
    with pytest.raises(ValueError, match="3 channels are no pairs"):
        Attention(24, 8, TIME)(torch.randn(1, 24, 2, 1, 1), position=torch.arange(2.0))
