"""The prior's network: it listens to the caption's embedding, hears zeros as none, and refuses what is no embedding."""

import pytest
import torch

from minivid.nn.condition import Cond
from minivid.nn.prior import PriorConfig


def prior():
    """A small one, its last layer awake."""
    torch.manual_seed(0)
    network = PriorConfig(dim=6, width=16, blocks=2).build()
    torch.nn.init.normal_(network.last.weight)
    return network


def test_each_embedding_is_drawn_by_its_own_caption_and_level():
    network, z, t, told = prior(), torch.randn(2, 6, 1, 1, 1), torch.zeros(2), torch.randn(2, 6)
    out, other = network(z, t, Cond(content=told)), told.clone()
    other[1] += 1
    changed = network(z, t, Cond(content=other))
    assert out.shape == z.shape
    torch.testing.assert_close(changed[0], out[0])
    assert (changed[1] - out[1]).abs().max() > 1e-3
    assert (network(z, t + 1, Cond(content=told)) - out).abs().max() > 1e-3


def test_a_caption_that_is_dropped_was_never_told():
    network, z, t, cond = prior(), torch.randn(2, 6, 1, 1, 1), torch.zeros(2), Cond(content=torch.randn(2, 6))
    dropped = cond.keep(torch.tensor([False, True]))
    torch.testing.assert_close(network(z, t, dropped)[0], network(z, t)[0])
    torch.testing.assert_close(network(z, t, dropped)[1], network(z, t, cond)[1])


def test_what_is_no_embedding_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="draws embeddings, clips of 6 × 1 × 1 × 1, not of 3 × 1 × 8 × 8"):
        PriorConfig(dim=6).check((3, 1, 8, 8))
    with pytest.raises(ValueError, match=r"content is \(2, 5\), but this prior expects \(2, 6\)"):
        prior()(torch.zeros(2, 6, 1, 1, 1), torch.zeros(2), Cond(content=torch.zeros(2, 5)))
    words = Cond(torch.ones(2, 1).long(), torch.ones(2, 1).bool())
    with pytest.raises(ValueError, match="reads no words: give it the caption's embedding"):
        prior()(torch.zeros(2, 6, 1, 1, 1), torch.zeros(2), words)
