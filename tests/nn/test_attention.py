"""Attention against literal loops, positions and masks."""

import math

import pytest
import torch

from minivid.nn.attention import keys
from minivid.nn.attention.core import SPACE, TIME, Attention
from minivid.nn.attention.masks import joint_image_mask
from minivid.nn.attention.positions import RelativePositionBias, relative_buckets


def literal_temporal_attention(layer, x, bias, visible):
    """One pixel, one head, one pair of frames at a time."""
    b, c, t, h, w = x.shape
    d = c // layer.heads
    normed = layer.norm(x)
    out = torch.zeros_like(x)
    for n in range(b):
        for row in range(h):
            for column in range(w):
                q, k, v = layer.to_qkv(normed[n, :, :, row, column].T).split(c, dim=1)
                joined = torch.zeros(t, c)
                for head in range(layer.heads):
                    part = slice(head * d, (head + 1) * d)
                    for i in range(t):
                        scores = torch.tensor(
                            [
                                q[i, part] @ k[j, part] / math.sqrt(d) + bias[head, i, j]
                                if visible[i, j]
                                else -math.inf
                                for j in range(t)
                            ]
                        )
                        joined[i, part] = torch.softmax(scores, 0) @ v[:, part]
                out[n, :, :, row, column] = layer.to_out(joined).T
    return x + out


@pytest.mark.parametrize("images", [0, 2])
def test_temporal_attention_is_the_literal_loop(images):
    torch.manual_seed(0)
    layer = Attention(8, 2, TIME)
    torch.nn.init.normal_(layer.to_out.weight)
    x, bias, visible = torch.randn(2, 8, 5, 2, 3), torch.randn(2, 5, 5), joint_image_mask(5, images)
    with torch.no_grad():
        torch.testing.assert_close(
            layer(x, bias, visible), literal_temporal_attention(layer, x, bias, visible), atol=1e-5, rtol=1e-5
        )


def test_cross_attention_with_one_visible_word_hands_out_that_word():
    torch.manual_seed(0)
    layer = Attention(8, 2, SPACE, keys.words, 4)
    torch.nn.init.eye_(layer.to_out.weight)
    words, visible = torch.randn(1, 1, 3, 4), torch.tensor([[[False, True, False]]])
    x = torch.randn(1, 8, 2, 2, 2)
    with torch.no_grad():
        value = layer.to_kv(words[0, 0, 1])[8:]
        torch.testing.assert_close(
            layer(x, visible=visible, caption=words) - x,
            value.reshape(1, 8, 1, 1, 1).expand_as(x),
            atol=1e-5,
            rtol=1e-5,
        )


def learned_bias(heads: int) -> RelativePositionBias:
    """As after training: it begins at zero, where nothing can be told apart."""
    layer = RelativePositionBias(heads)
    torch.nn.init.normal_(layer.weight.weight)
    return layer


def test_the_bias_begins_at_zero():
    assert RelativePositionBias(2)(5).abs().max() == 0


def test_bias_depends_on_the_distance_alone():
    bias = learned_bias(3)(12)
    for distance in (-3, 0, 4):
        diagonal = bias.diagonal(distance, dim1=1, dim2=2)
        assert torch.equal(diagonal, diagonal[:, :1].expand_as(diagonal))


def test_bias_tells_past_from_future_and_reaches_any_length():
    bias = learned_bias(1)(300)
    assert bias.shape == (1, 300, 300)
    assert bias[0, 5, 7] != bias[0, 7, 5]


def test_near_frames_have_a_bucket_each_and_far_ones_share():
    buckets = relative_buckets(200)
    assert len(set(buckets[0, :8].tolist())) == 8
    assert buckets[0, 150] == buckets[0, 199]
    assert buckets.max() < 32 and buckets.min() == 0


def test_images_are_masked_to_the_identity():
    visible = joint_image_mask(4, 2)
    assert visible.tolist() == [
        [True, True, False, False],
        [True, True, False, False],
        [False, False, True, False],
        [False, False, False, True],
    ]


def test_more_images_than_frames_is_a_sentence():
    with pytest.raises(ValueError, match="0 to 4 images"):
        joint_image_mask(4, 5)
