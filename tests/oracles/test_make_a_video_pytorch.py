"""The pseudo-3-D convolution of Make-A-Video against make-a-video-pytorch.

`pip install -c constraints.txt --no-deps make-a-video-pytorch` brings it: what it asks for besides, and does not import here, is large.
"""

import pytest
import torch
from einops import rearrange

from minivid.nn.spacetime import PseudoConv3d

make_a_video_pytorch = pytest.importorskip("make_a_video_pytorch")


def both(trained: bool):
    """Theirs and ours with the same weights, as they begin or somewhere else."""
    theirs, ours = make_a_video_pytorch.PseudoConv3d(4, 6), PseudoConv3d(4, 6)
    with torch.no_grad():
        ours.space.weight.copy_(rearrange(theirs.spatial_conv.weight, "d c k1 k2 -> d (k1 k2 c)"))
        ours.space.bias.copy_(theirs.spatial_conv.bias)
        if trained:
            for own, weight in zip(ours.time.conv.parameters(), theirs.temporal_conv.parameters(), strict=True):
                weight.add_(torch.randn(weight.shape, generator=torch.Generator().manual_seed(weight.ndim)))
                own.copy_(weight.reshape(own.shape))
    return theirs, ours


@pytest.mark.parametrize("trained", [False, True])
def test_pseudo_3d_convolution(trained):
    """With `trained` False ours keeps its own weights over time: both begin as the identity."""
    theirs, ours = both(trained)
    x = torch.randn(2, 4, 5, 6, 7, generator=torch.Generator().manual_seed(0))
    torch.testing.assert_close(ours(x), theirs(x), atol=1e-5, rtol=1e-5)


def test_at_the_start_both_are_the_convolution_of_each_picture():
    theirs, ours = both(False)
    x = torch.randn(2, 4, 5, 6, 7, generator=torch.Generator().manual_seed(1))
    pictures = torch.stack([theirs(frame) for frame in x.unbind(2)], dim=2)  # given a picture, theirs leaves time out
    torch.testing.assert_close(ours(x), pictures, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(theirs(x), pictures, atol=1e-5, rtol=1e-5)
