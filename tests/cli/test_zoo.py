"""`minivid zoo` says of every recipe what it is, where it is, or how to get it."""

import shutil

import pytest

from minivid import judges, zoo


def row(told: str, name: str) -> str:
    return next(line for line in told.splitlines() if line.startswith(name))


def test_every_recipe_has_a_row_and_an_absent_one_the_command_that_makes_it(minivid, tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path / "weights")
    code, told, _ = minivid("zoo")
    assert code == 0 and len(told.splitlines()) == 1 + len(zoo.RECIPES) + len(judges.RECIPES)
    for name in (*zoo.RECIPES, *judges.RECIPES):
        assert f"not here; `minivid train {name} --keep`" in row(told, name)


def test_the_shipped_model_tells_how_it_was_made(minivid):
    _, told, _ = minivid("zoo")
    manifest = zoo.load("vdm-small").manifest
    shipped = row(told, "vdm-small")
    assert manifest["sha256"][:12] in shipped and f"{manifest['minutes']:.0f} min, {manifest['hardware']}" in shipped
    assert "8 × 16×16 grey" in shipped and shipped.endswith("weights/vdm-small.safetensors")


def test_the_weights_of_runs_are_listed_and_damage_is_said(minivid, tiny, tmp_path):
    run = tmp_path / "runs" / "tiny"
    run.mkdir(parents=True)
    shutil.copy(tiny, run / "tiny.safetensors")
    (run / "state.safetensors").touch()
    (run / "half.safetensors").write_bytes(tiny.read_bytes()[:-10])
    _, told, _ = minivid("zoo")
    assert row(told, "tiny").endswith("runs/tiny/tiny.safetensors") and "4 × 16×16 grey" in row(told, "tiny")
    assert "cut short" in row(told, "half") and "state" not in told


@pytest.mark.parametrize("name", zoo.RECIPES)
def test_parameters_are_counted_without_drawing_them(name, minivid, tmp_path, monkeypatch):
    monkeypatch.setattr(zoo, "WEIGHTS", tmp_path / "weights")
    parameters = sum(weight.numel() for weight in zoo.recipe(name).network.build().parameters())
    assert f"{parameters / 1e6:.2f} M" in row(minivid("zoo")[1], name)
