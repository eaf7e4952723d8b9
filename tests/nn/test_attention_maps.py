"""Attention maps are those that the layers used: times the values, they give back the layers' own output."""

import pytest
import torch
import torch.nn.functional as F
from einops import rearrange
from torch import nn

from minivid.data import VOCABULARY, tokenize
from minivid.nn import Cond, UNet, UNetConfig
from minivid.nn.attention import keys
from minivid.nn.attention.core import ALL, SPACE, TIME, Attention, Window, join_heads, linear_attend, split_heads
from minivid.nn.attention.maps import cross_attention_maps, place_attention_maps, temporal_attention_maps

LONG, SHORT = "a 3 moves right, slowly", "a 8 moves up"
TOLD = Cond(*tokenize([SHORT, LONG]))


def unet():
    return UNet(UNetConfig(widths=(16, 32), blocks=1, heads=2, vocabulary=len(VOCABULARY), dim_text=16))


class OneTemporalLayer(nn.Module):
    """A model that is nothing but a temporal attention layer which cannot see the future."""

    def __init__(self):
        super().__init__()
        self.attention = Attention(8, 2, TIME)
        nn.init.normal_(self.attention.to_out.weight)
        self.bias = torch.randn(2, 5, 5)

    def forward(self, z, t, cond=None):
        return self.attention(z, self.bias, torch.ones(5, 5, dtype=torch.bool).tril())


def test_frame_maps_times_values_are_the_layer_s_output():
    model, z = OneTemporalLayer(), torch.randn(1, 8, 5, 3, 4)
    [maps] = temporal_attention_maps(model, z, torch.zeros(1)).values()
    layer = model.attention
    tracks = rearrange(layer.norm(z), "1 c t h w -> (h w) t c")
    values = split_heads(layer.to_qkv(tracks).chunk(3, dim=-1)[2], 2)
    out = layer.to_out(join_heads(rearrange(maps, "n h w i j -> (h w) n i j") @ values))
    expected = model(z, torch.zeros(1))
    torch.testing.assert_close(z + rearrange(out, "(h w) t c -> 1 c t h w", h=3), expected)


def test_rows_sum_to_one_and_the_future_is_dark():
    [maps] = temporal_attention_maps(OneTemporalLayer(), torch.randn(1, 8, 5, 3, 4), torch.zeros(1)).values()
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 3, 4, 5))
    assert (maps.triu(1) == 0).all()


def test_every_temporal_layer_of_a_unet_is_read_and_none_is_changed():
    model, z, t = unet(), torch.randn(2, 1, 4, 8, 8), torch.zeros(2)
    before = model(z, t)
    maps = temporal_attention_maps(model, z, t)
    assert maps["down 0"].shape == (2, 4, 4, 4, 4) and maps["middle"].shape == (2, 2, 2, 4, 4)
    assert not any(module._forward_pre_hooks for module in model.modules())
    torch.testing.assert_close(model(z, t), before, rtol=0, atol=0)


class OneCrossLayer(nn.Module):
    """A model that is nothing but a cross-attention layer; the null word and the caption's words are rows of a table."""

    def __init__(self):
        super().__init__()
        self.attention = Attention(8, 2, SPACE, keys.words, 6)
        nn.init.normal_(self.attention.to_out.weight)
        self.table = torch.randn(len(VOCABULARY), 6)

    def words(self, cond):
        return self.table[F.pad(cond.tokens, (1, 0))][:, None], F.pad(cond.token_mask, (1, 0), value=True)[:, None]

    def forward(self, z, t, cond=None):
        vectors, there = self.words(cond)
        return self.attention(z, visible=there, caption=vectors)


def test_word_maps_times_values_are_the_layer_s_output():
    model, z, cond = OneCrossLayer(), torch.randn(2, 8, 5, 3, 4), TOLD
    [maps] = cross_attention_maps(model, z, torch.zeros(2), cond).values()
    layer = model.attention
    words, _ = model.words(cond)
    values = split_heads(layer.to_kv(words[0]).chunk(2, dim=-1)[1], 2)
    out = layer.to_out(join_heads(rearrange(maps, "n t h w l -> 1 n (t h w) l") @ values))
    expected = model(z, torch.zeros(2), cond)[:1]
    torch.testing.assert_close(z[:1] + rearrange(out, "1 (t h w) c -> 1 c t h w", t=5, h=3), expected)


def test_every_pixel_shares_itself_out_among_the_words_and_padding_gets_nothing():
    [maps] = cross_attention_maps(OneCrossLayer(), torch.randn(2, 8, 5, 3, 4), torch.zeros(2), TOLD).values()
    torch.testing.assert_close(maps.sum(-1), torch.ones(2, 5, 3, 4))
    assert maps.shape[-1] == 6 and (maps[..., 5] == 0).all() and (maps[..., :5] > 0).all()


def test_every_cross_attention_layer_of_a_unet_is_read_and_none_is_changed():
    model, z, t, cond = unet(), torch.randn(2, 1, 4, 8, 8), torch.zeros(2), Cond(*tokenize([LONG, SHORT]))
    before = model(z, t, cond)
    maps = cross_attention_maps(model, z, t, cond)
    assert maps["down 0"].shape == (2, 4, 4, 4, 6) and maps["middle"].shape == (2, 4, 2, 2, 6)
    assert not any(module._forward_pre_hooks for module in model.modules())
    torch.testing.assert_close(model(z, t, cond), before, rtol=0, atol=0)


def test_a_model_without_such_layers_and_a_caption_a_frame_are_said():
    z, t = torch.zeros(1, 1, 4, 8, 8), torch.zeros(1)
    with pytest.raises(ValueError, match="Linear has no temporal attention layer"):
        temporal_attention_maps(nn.Linear(1, 1), z, t)
    with pytest.raises(ValueError, match="Linear has no cross-attention layer"):
        cross_attention_maps(nn.Linear(1, 1), z, t)
    with pytest.raises(ValueError, match=r"a caption a frame, \(1, 4, 5\) \(b t l\); expected one a clip"):
        cross_attention_maps(unet(), z, t, Cond(*(part[:1, None].repeat(1, 4, 1) for part in tokenize([LONG]))))


@pytest.mark.parametrize(
    "window", [SPACE, TIME, ALL, Window(2, 2, 2), Window(2, 3, 2, shifted=True), Window(3, 2, 4)], ids=str
)
def test_place_maps_times_values_are_the_layer_s_output_whatever_its_windows(window):
    layer, x = Attention(8, 2, window), torch.randn(1, 8, 5, 3, 4)
    nn.init.normal_(layer.to_out.weight)
    [maps] = place_attention_maps(layer, x).values()
    assert maps.shape == (2, 5, 3, 4, 5, 3, 4)
    torch.testing.assert_close(maps.sum((4, 5, 6)), torch.ones(2, 5, 3, 4))
    values = layer.to_qkv(rearrange(layer.norm(x), "1 c t h w -> (t h w) c")).chunk(3, dim=-1)[2]
    values = rearrange(values, "n (heads d) -> heads n d", heads=2)
    joined = rearrange(maps.flatten(4).flatten(1, 3) @ values, "heads n d -> n (heads d)")
    expected = x + rearrange(layer.to_out(joined), "(t h w) c -> 1 c t h w", t=5, h=3)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


def test_place_maps_are_of_every_layer_that_has_scores_within_a_clip():
    maps = place_attention_maps(unet(), torch.randn(2, 1, 4, 8, 8), torch.zeros(2), TOLD)
    assert {"down 0 spatial", "down 0 temporal", "middle spatial", "middle temporal"} <= set(maps)
    assert not any("cross" in name for name in maps)
    with pytest.raises(ValueError, match="no attention within a clip"):
        place_attention_maps(Attention(8, 2, ALL, attend=linear_attend), torch.randn(1, 8, 2, 2, 2))
