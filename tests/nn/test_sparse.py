"""Rules of who may see whom, joined; and attention that skips the blocks which they leave empty."""

import pytest
import torch

from minivid.nn.attention.core import ALL, Attention, attend
from minivid.nn.attention.sparse import (
    attend_in_blocks,
    blocks,
    both,
    causal,
    either,
    every,
    first_frame,
    near,
    visible,
)

CLIP = (4, 3, 5)
PLACES = [(t, y, x) for t in range(4) for y in range(3) for x in range(5)]


def literal(rule) -> torch.Tensor:
    return torch.tensor([[rule(q, k) for k in PLACES] for q in PLACES])


@pytest.mark.parametrize(
    ("rule", "by_hand"),
    [
        (causal, lambda q, k: k[0] <= q[0]),
        (near(1, 0, 2), lambda q, k: abs(k[0] - q[0]) <= 1 and k[1] == q[1] and abs(k[2] - q[2]) <= 2),
        (every(2, 1, 3), lambda q, k: (k[0] - q[0]) % 2 == 0 and (k[2] - q[2]) % 3 == 0),
        (first_frame, lambda q, k: k[0] == 0 or q[0] == 0),
        (both(causal, near(1, 9, 9)), lambda q, k: q[0] - 1 <= k[0] <= q[0]),
        (either(near(0, 9, 9), first_frame), lambda q, k: k[0] == q[0] or k[0] == 0 or q[0] == 0),
    ],
    ids=["causal", "near", "every", "first frame", "both", "either"],
)
def test_a_rule_is_what_it_says_of_every_pair_of_places(rule, by_hand):
    assert torch.equal(visible(rule, *CLIP), literal(by_hand))


@pytest.mark.parametrize("size", [1, 7, 16, 100])
@pytest.mark.parametrize("rule", [causal, near(1, 1, 1), either(near(0, 1, 1), first_frame)])
def test_attention_in_blocks_is_attention_under_the_mask(rule, size):
    q, k, v = torch.randn(3, 2, 2, len(PLACES), 4)
    seen = visible(rule, *CLIP)
    bias = torch.zeros(1, 1, *seen.shape).masked_fill(~seen, -torch.inf)
    torch.testing.assert_close(attend_in_blocks(q, k, v, seen, size), attend(q, k, v, bias), atol=1e-5, rtol=1e-5)


def test_blocks_are_those_that_hold_anything():
    seen = torch.zeros(5, 6, dtype=torch.bool)
    seen[4, 5] = seen[0, 0] = True
    assert blocks(seen, 2).tolist() == [[True, False, False], [False, False, False], [False, False, True]]


def test_under_the_causal_mask_the_past_is_the_same_to_the_bit_whatever_the_future_is():
    layer, x = Attention(8, 2, ALL), torch.randn(1, 8, *CLIP)
    torch.nn.init.normal_(layer.to_out.weight)
    other = x.clone()
    other[:, :, 2:] = 100 * torch.randn_like(other[:, :, 2:])
    seen = visible(causal, *CLIP)
    with torch.no_grad():
        before, after = layer(x, visible=seen), layer(other, visible=seen)
        assert torch.equal(before[:, :, :2], after[:, :, :2])
        assert not torch.equal(before[:, :, 2:], after[:, :, 2:])
        assert not torch.equal(layer(x)[:, :, :2], layer(other)[:, :, :2])  # without the mask it shows through
