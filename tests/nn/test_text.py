"""Caption encoders: padding is never read, order is, and the pretrained one stays frozen."""

import pytest
import torch

from minivid.nn.text import FrozenEncoder, GRUEncoder, TransformerEncoder

ENCODERS = [TransformerEncoder(12, 16, layers=2), GRUEncoder(12, 16)]
MASK = torch.tensor([[True, True, True, True], [True, True, False, False]])
TOKENS = torch.tensor([[1, 2, 3, 4], [5, 6, 0, 0]])


def tiny_clip():
    transformers = pytest.importorskip("transformers")
    config = transformers.CLIPTextConfig(
        vocab_size=12,
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=8,
    )
    return transformers.CLIPTextModel(config)


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_words_see_one_another_and_never_the_padding(encoder):
    encoder = encoder.eval()
    with torch.no_grad():
        before = encoder(TOKENS, MASK)
        padded = TOKENS.clone()
        padded[1, 2:] = 9
        torch.testing.assert_close(encoder(padded, MASK)[1, :2], before[1, :2])
        changed = TOKENS.clone()
        changed[0, 3] = 9
        assert (encoder(changed, MASK)[0, 0] - before[0, 0]).abs().max() > 1e-6


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_the_order_of_words_is_told(encoder):
    """'first right, then up' is not 'first up, then right'."""
    turned = TOKENS[:1].flip(1)
    with torch.no_grad():
        there, back = encoder.eval()(TOKENS[:1], MASK[:1]), encoder(turned, MASK[:1]).flip(1)
    assert (there - back).abs().max() > 1e-3


@pytest.mark.parametrize("encoder", ENCODERS, ids=lambda e: type(e).__name__)
def test_a_caption_without_words_is_finite(encoder):
    assert encoder(TOKENS, torch.zeros_like(MASK)).isfinite().all()


def test_a_caption_that_is_too_long_is_a_sentence():
    with pytest.raises(ValueError, match="at most 3"):
        TransformerEncoder(12, 16, longest=3)(TOKENS, MASK)


def test_a_pretrained_encoder_has_the_same_interface_and_stays_frozen():
    encoder = FrozenEncoder(tiny_clip(), dim=16).train()
    out = encoder(TOKENS, MASK)
    out.square().mean().backward()
    assert out.shape == (2, 4, 16)
    assert encoder.project.weight.grad is not None
    assert all(parameter.grad is None for parameter in encoder.model.parameters())
    assert not encoder.model.training
