"""Space-only convolution is a Conv3d with kernel (1, 3, 3), and down- and upsampling touch only space."""

import torch
from torch import nn

from minivid.nn.conv import Downsample, SpatialConv, Upsample


def test_space_only_convolution_is_conv3d_with_kernel_1_3_3():
    ours, theirs = SpatialConv(3, 5), nn.Conv3d(3, 5, (1, 3, 3), padding=(0, 1, 1))
    theirs.load_state_dict({"weight": ours.kernel[:, :, None], "bias": ours.bias})
    x = torch.randn(2, 3, 4, 6, 6)
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


def test_sampling_halves_and_doubles_space_and_leaves_time():
    x = torch.randn(2, 4, 3, 8, 6)
    assert Downsample(4, 8)(x).shape == (2, 8, 3, 4, 3)
    assert Upsample(4, 8)(x).shape == (2, 8, 3, 16, 12)


def test_downsampling_sees_all_four_pixels():
    layer = Downsample(1, 1)
    nn.init.constant_(layer.linear.weight, 0.25)
    nn.init.zeros_(layer.linear.bias)
    x = torch.arange(16.0).reshape(1, 1, 1, 4, 4)
    torch.testing.assert_close(layer(x)[0, 0, 0], torch.tensor([[2.5, 4.5], [10.5, 12.5]]))
