"""Which word each frame listens to: the mean of the layers' maps over heads and pixels, and its picture."""

import numpy as np
import pytest
import torch
from torch import nn

from minivid.chapters.ch03.widgets import WordAttention, word_attention, word_attention_still
from minivid.data import VOCABULARY, World, detokenize, tokenize
from minivid.nn import Cond, UNet, UNetConfig
from minivid.nn.attention import keys
from minivid.nn.attention.core import Attention
from minivid.nn.attention.maps import cross_attention_maps

LONG, SHORT = "a 3 moves right, slowly", "a 8 moves up"


def unet():
    """A small U-Net whose words pull at the pixels strongly enough to be seen."""
    model = UNet(UNetConfig(widths=(16, 32), blocks=1, heads=2, vocabulary=len(VOCABULARY), dim_text=16))
    for layer in model.modules():
        if isinstance(layer, Attention) and layer.keys is keys.words:
            nn.init.normal_(layer.to_q.weight)
            nn.init.normal_(layer.to_out.weight, std=0.1)
    return model


def told(*captions) -> Cond:
    return Cond(*tokenize(list(captions)))


def test_word_attention_is_the_mean_over_layers_heads_and_pixels():
    model, z, t, cond = unet(), torch.randn(1, 1, 4, 8, 8), torch.zeros(1), told(LONG)
    looked = word_attention(model, z, t, cond)
    each = [m.mean((0, 2, 3)) for m in cross_attention_maps(model, z, t, cond).values()]
    torch.testing.assert_close(looked.weights, sum(each) / len(each))
    torch.testing.assert_close(looked.weights.sum(1), torch.ones(4))
    assert looked.weights.std(0).max() > 1e-3, "frames differ"


def test_the_words_are_the_caption_s_in_order_after_the_null_word_and_without_padding():
    cond = told(SHORT, LONG)
    looked = word_attention(unet(), torch.randn(2, 1, 4, 8, 8), torch.zeros(2), cond)
    assert looked.words == ("(no word)", "a", "8", "moves", "up")
    assert " ".join(looked.words[1:]) == detokenize(cond.tokens, cond.token_mask)[0]
    assert looked.weights.shape == (4, 5)
    torch.testing.assert_close(looked.weights.sum(1), torch.ones(4))


def test_without_a_caption_all_listen_to_the_null_word():
    for cond in (None, Cond(), told(LONG).keep(torch.tensor([False]))):
        looked = word_attention(unet(), torch.randn(1, 1, 4, 8, 8), torch.zeros(1), cond)
        assert looked.words == ("(no word)",)
        torch.testing.assert_close(looked.weights, torch.ones(4, 1))


def test_weights_choose_the_pixels_that_count():
    model, clips = unet(), World(frames=4).sample(1, seed=0, caption=LONG)
    z, t, cond = clips.video, torch.zeros(1), told(LONG)
    even = word_attention(model, z, t, cond, torch.full((1, 4, 16, 16), 0.3))
    torch.testing.assert_close(even.weights, word_attention(model, z, t, cond).weights)

    one = torch.zeros(1, 4, 16, 16)
    one[..., 12:, :4] = 1  # 4 × 4 pixels: 2 × 2 of the finest level's, one of the coarsest's
    picked = word_attention(model, z, t, cond, one)
    sizes = {8: (slice(6, 8), slice(0, 2)), 4: (slice(3, 4), slice(0, 1))}
    each = [m[:, :, *sizes[m.shape[2]]].mean((0, 2, 3)) for m in cross_attention_maps(model, z, t, cond).values()]
    torch.testing.assert_close(picked.weights, sum(each) / len(each))

    digit = word_attention(model, z, t, cond, clips.mask[:, 0])
    torch.testing.assert_close(digit.weights.sum(1), torch.ones(4))
    assert (digit.weights - even.weights).abs().max() > 1e-4


def test_the_picture_has_a_row_a_word_and_a_column_a_frame():
    attention = WordAttention(torch.randn(4, 3).softmax(1), ("(no word)", "a", "8"))
    plain, with_frames = word_attention_still(attention), word_attention_still(attention, torch.zeros(1, 1, 4, 16, 16))
    for picture in (plain, with_frames):
        heat = next(axes for axes in picture.axes if axes.get_xlabel() == "frame")
        np.testing.assert_allclose(heat.images[0].get_array(), attention.weights.T)
        assert [label.get_text() for label in heat.get_yticklabels()] == ["(no word)", "a", "8"]
        assert [text.get_text() for text in heat.texts] == [
            f"{100 * share:.0f}" for share in attention.weights.T.flatten()
        ]
        assert picture.png().startswith(b"\x89PNG") and picture.pixels[0] <= 840
    assert with_frames.pixels[1] > plain.pixels[1]


def test_many_frames_stay_on_the_page_without_numbers():
    picture = word_attention_still(WordAttention(torch.ones(64, 1), ("(no word)",)))
    assert picture.pixels[0] <= 840 and not any(axes.texts for axes in picture.axes)


def test_what_cannot_be_looked_at_is_said():
    z, t, model = torch.randn(1, 1, 4, 8, 8), torch.zeros(1), unet()
    with pytest.raises(ValueError, match=r"weights have shape \(1, 4, 4, 4\); expected \(1, 4, 8, 8\) \(b t h w\)"):
        word_attention(model, z, t, told(LONG), torch.ones(1, 4, 4, 4))
    with pytest.raises(ValueError, match="all are zero in frame 2"):
        word_attention(model, z, t, told(LONG), torch.ones(1, 4, 8, 8) * (torch.arange(4) != 2).reshape(1, 4, 1, 1))
    with pytest.raises(ValueError, match="some are below zero"):
        word_attention(model, z, t, told(LONG), -torch.ones(1, 4, 8, 8))
    with pytest.raises(ValueError, match="expected frames × 2, a column for each of the words a, 8"):
        WordAttention(torch.ones(4, 3), ("a", "8"))
    with pytest.raises(ValueError, match="the clip has 5 frames but the attention 4"):
        word_attention_still(WordAttention(torch.ones(4, 1), ("a",)), torch.zeros(1, 1, 5, 8, 8))
