"""A module in another base: the weights come from where they should, and the text is held to the receipt."""

import pytest
import torch

from minivid import zoo
from minivid.adapt import merged
from minivid.chapters.ch06.experiments import lift
from minivid.chapters.ch06.experiments.lift import LIFTED, MODULE, ROWS, STYLE
from minivid.course import receipt
from minivid.course.receipt import Receipt
from minivid.metrics.distribution import paired_interval


def test_the_lifted_network_is_the_style_with_the_module_in_it():
    image, neon, module = (zoo.load(name) for name in ("image-digits", "image-digits-neon", "motion-digits"))
    style = merged(neon.network).state_dict()
    network = lift.models()[LIFTED].network.state_dict()
    adapter, touched = module.network.adapter(), 0
    for name, weight in network.items():
        if name in adapter:
            assert torch.equal(weight, adapter[name]), name
        elif "place" not in name:
            assert torch.equal(weight, style[name]), name
            touched += not torch.equal(style[name], image.network.state_dict()[name])
    assert touched > 20 and adapter.keys() == network.keys() - style.keys()


def test_at_strength_zero_the_style_is_the_base():
    plain, without = lift.models()[MODULE].network, lift.models(0.0)[LIFTED].network
    for mine, other in zip(plain.state_dict().values(), without.state_dict().values(), strict=True):
        torch.testing.assert_close(mine, other)


def test_the_files_are_small_and_know_their_base():
    for name, most in (("image-digits-neon", 1_000_000), ("motion-digits", 1_500_000)):
        assert (zoo.WEIGHTS / f"{name}.safetensors").stat().st_size < most
        model, recipe = zoo.load(name), zoo.recipe(name)
        assert model.run == recipe and model.manifest["steps"] == recipe.training.steps
        assert zoo.load("image-digits").manifest["sha256"].startswith(model.run.network.sha256)


def made_up() -> Receipt:
    clips = {"white": [0.2, 0.3, 0.5], "off": [1.0, 2.0, 3.0], "step": [1.0] * 3, "same": [1.0, 0.0, 1.0]}
    clips |= {"alike": [0.9, 0.8, 0.95], "read": [1.0, 1.0, 0.5]}
    rows = {name: {key: list(of) for key, of in clips.items()} for name in (*ROWS, "longer")}
    for name in ("real, neon", STYLE, LIFTED):
        rows[name]["white"] = [0.9, 0.95, 0.91]
    rows[LIFTED]["off"] = [1.5, 2.5, 3.5]
    rows["longer"]["off"] = [5.0, 5.0]
    return Receipt("06_made_up", {"n": 3, "rows": rows}, [0], 0.0, "", {}, {})


def test_what_lifting_costs_is_paired():
    found = lift.kept(made_up())
    assert found["off"] == pytest.approx((0.5, 0.5, 0.5)) and found["white"] == (0.0, 0.0, 0.0)
    said = lift.lift_sentence(made_up())
    assert f"{MODULE} 0%, {STYLE} 100%, {LIFTED} 100%" in said and "thrown off +0.50 [+0.50, +0.50] px" in said
    assert "thrown off, px 1.50 → 5.00" in lift.longer_sentence(made_up())
    assert lift.lift_table(made_up()).count("\n") == len(ROWS)


def test_what_the_chapter_says_of_the_lifted_module_is_what_was_measured():
    found = receipt("06_lift")
    rows = found["rows"]
    plain, neon = (sum(rows[name]["white"]) / found["n"] for name in ROWS[:2])
    assert max(rows[ROWS[0]]["white"]) < (plain + neon) / 2 < min(rows[ROWS[1]]["white"])
    assert lift.share_of(found, LIFTED, (plain + neon) / 2) == lift.share_of(found, STYLE, (plain + neon) / 2) == 1
    assert lift.share_of(found, MODULE, (plain + neon) / 2) == 0
    assert abs(lift.kept(found)["white"][0]) < 0.02
    _, _, high = paired_interval(rows[LIFTED]["off"], rows[STYLE]["off"])
    assert high < 0 and sum(rows[LIFTED]["off"]) < 0.5 * sum(rows[STYLE]["off"])
    _, low, _ = lift.kept(found)["off"]
    assert low > 0


def test_the_receipt_is_of_the_models_that_are_shipped():
    """A new model needs new measurements."""
    for name, sha256 in receipt("06_lift")["models"].items():
        assert zoo.load(name).manifest["sha256"] == sha256
