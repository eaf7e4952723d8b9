"""Transformers beside our U-Net: one size, captions that are heard, and a result that holds both kinds of steps."""

import pytest
import torch

from benchmarks import measure, table, transformer_step
from benchmarks.peers import OURS, TRANSFORMERS, WITHIN, sized
from minivid.batches import clips_of
from minivid.course.receipt import receipt
from minivid.zoo import RECIPES

RECIPE = RECIPES["vdm-digits"]


@pytest.fixture(params=TRANSFORMERS)
def size(request):
    pytest.importorskip("diffusers")
    return sized(request.param, RECIPE, False)


def test_a_transformer_is_as_large_as_our_u_net(size):
    assert abs(size.described()["off"]) <= WITHIN


def test_a_transformer_has_the_size_that_is_said_of_it_and_hears_its_caption(size):
    net, (x, cond) = size.build().eval(), clips_of(*RECIPE.worlds)(1, (0, 0))
    assert sum(weight.numel() for weight in net.parameters()) == size.parameters
    with torch.no_grad():
        for weight in net.parameters():  # what starts at zero hears nothing
            weight.copy_(torch.randn(weight.shape) / max(1, weight[0].numel()) ** 0.5)
        told, untold = net(x, torch.zeros(1), cond), net(x, torch.zeros(1))
        absent = net(x, torch.zeros(1), cond.keep(torch.tensor([False])))
    assert told.shape == x.shape and (told - untold).abs().max() > 1e-4
    torch.testing.assert_close(absent, untold, atol=1e-5, rtol=1e-4)


def test_a_result_has_both_kinds_of_steps_and_becomes_tables(tmp_path):
    names = (OURS, "DiT, factorized")
    rows = transformer_step.found(RECIPE, measure.Options(names, rounds=1, batch=1, threads=1, memory=False))
    options = measure.Options(names, rounds=1, batch=1, threads=1, memory=False)
    path = measure.report("transformer_step", "16x32x32", options, rows, 0.0, tmp_path / "result.json")
    values = receipt("result", tmp_path)
    assert values["rows"].keys() == transformer_step.WORK.keys() and values["packages"].keys() == {"minivid"}
    (u_net, transformer), _ = values["rows"].values()
    assert u_net["ratio"] == 1 and transformer["ratio"] == transformer["seconds"][0] / u_net["seconds"][0]
    said = table.of_file(path)
    assert said.count("| DiT, factorized |") == 2 and "a sampling step" in said


def test_the_shipped_result_has_every_transformer():
    for row in receipt("transformer_step_16x32x32", measure.RESULTS)["rows"].values():
        assert [one["network"] for one in row] == [OURS, *TRANSFORMERS]
