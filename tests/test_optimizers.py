"""Muon: what it makes of a gradient, beside torch's own, and which weights are given to it."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from minivid.data.captions import VOCABULARY
from minivid.nn import UNet, UNetConfig
from minivid.optimizers import Muon, matrices_of, optimizers, orthogonalized

UNET = UNetConfig(widths=(8, 16), blocks=1, heads=2, vocabulary=len(VOCABULARY), dim_text=16)


@given(rows=st.integers(1, 24), columns=st.integers(1, 24), scale=st.floats(1e-3, 1e3), seed=st.integers(0, 99))
def test_an_orthogonalized_matrix_keeps_its_singular_vectors_and_no_singular_value(rows, columns, scale, seed):
    matrix = scale * torch.randn(rows, columns, generator=torch.Generator().manual_seed(seed))
    u, s, vh = torch.linalg.svd(matrix, full_matrices=False)
    inside = torch.diagonal(u.mT @ orthogonalized(matrix) @ vh.mT)
    clear = s > 0.05 * s.norm()  # five rounds bring only what is not all but zero near one
    assert (inside[clear] - 1).abs().max() < 0.4
    torch.testing.assert_close(orthogonalized(3 * matrix), orthogonalized(matrix), atol=1e-3, rtol=1e-3)


def test_what_it_was_given_stays_as_it_was():
    matrix = torch.randn(5, 3)
    before = matrix.clone()
    orthogonalized(matrix)
    assert torch.equal(matrix, before)


@pytest.mark.parametrize("shape", [(12, 30), (30, 12), (7, 7)])
def test_its_steps_are_those_of_torch_to_the_rounding_of_half_precision(shape):
    torch.manual_seed(0)
    ours, theirs = (torch.nn.Parameter(torch.zeros(shape)) for _ in range(2))
    mine, reference = Muon([ours], lr=0.1), torch.optim.Muon([theirs], lr=0.1, weight_decay=0.0)
    for _ in range(4):
        ours.grad = torch.randn(shape)
        theirs.grad = ours.grad.clone()
        mine.step(), reference.step()
    assert (ours - theirs).norm() < 0.02 * theirs.norm()


def test_a_weight_without_a_gradient_stands():
    weight = torch.nn.Parameter(torch.ones(2, 2))
    Muon([weight]).step()
    assert torch.equal(weight, torch.ones(2, 2))


def test_every_weight_has_one_optimizer_and_the_matrices_inside_have_muon():
    model = UNet(UNET)
    muon, adam = (
        optimizer.param_groups[0]["params"] for optimizer, _ in optimizers(model, matrices_of(model), 1e-3, 0.02, 0.0)
    )
    assert {id(p) for p in muon}.isdisjoint(id(p) for p in adam) and len(muon) + len(adam) == len(
        list(model.parameters())
    )
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    assert "middle.block.conv1.weight" in {names[id(p)] for p in muon}
    assert {"conv_in.weight", "conv_out.weight", "text.word.weight", "position_bias.weight.weight"} <= {
        names[id(p)] for p in adam
    }
