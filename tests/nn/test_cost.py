"""Formulas of cost against torch's counter of operations."""

import pytest
import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from minivid.nn.attention.core import ALL, SPACE, TIME, Attention, Window, linear_attend
from minivid.nn.conv import SpatialConv
from minivid.nn.cost import attention_flops, conv_flops, linear_attention_flops, scores, weights
from minivid.nn.spacetime import Conv2Plus1d, PseudoConv3d, SeparableConv3d, full_conv

T, H, W = 4, 6, 8


def counted(layer) -> int:
    # the counter knows no fused attention of a processor, so attention is taken apart into its products
    with FlopCounterMode(display=False) as counter, sdpa_kernel(SDPBackend.MATH), torch.no_grad():
        layer(torch.randn(1, 16, T, H, W))
    return counter.get_total_flops()


@pytest.mark.parametrize("kind", [full_conv, Conv2Plus1d, PseudoConv3d, SeparableConv3d, SpatialConv])
def test_a_convolution_uses_each_weight_once_a_place(kind):
    assert counted(kind(16, 24)) == conv_flops(kind(16, 24), T, H, W)


@pytest.mark.parametrize(
    ("window", "keys"), [(ALL, T * H * W), (SPACE, H * W), (TIME, T), (Window(2, 3, 4), 24)], ids=str
)
def test_attention_is_four_projections_and_two_products_a_key(window, keys):
    assert counted(Attention(16, 4, window)) == attention_flops(16, T * H * W, keys)


def test_linear_attention_is_four_projections_and_two_products_a_channel():
    assert counted(Attention(16, 4, ALL, attend=linear_attend)) == linear_attention_flops(16, 4, T * H * W)


def test_every_head_has_scores_of_its_own():
    layer = Attention(16, 8, ALL)
    q, k, _, _ = layer.scored(torch.randn(1, 16, T, H, W))
    assert (q @ k.mT).numel() == scores(8, T * H * W, T * H * W)


def test_weights_are_kernels_without_biases():
    assert weights(full_conv(3, 5)) == 27 * 15
