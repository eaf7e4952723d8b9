"""Points for the student's own trained model: from its file, by what its clips are measured to be, and from nothing else."""

import json
import os
import shutil
from dataclasses import replace
from pathlib import Path

import jupytext
import nbformat
import pytest
import torch
from nbgrader.utils import determine_grade

import minivid.chapters
from minivid import zoo
from minivid.checkpoint import read, write
from minivid.course import award, check, hand_in, listing, summary
from minivid.course.build import instructor, student, text_of
from minivid.course.grade import grade
from minivid.course.lint import problems_in_cells
from minivid.course.outcome import Verdict
from minivid.course.own_model import COPIED, Mark, OwnModel, judge

CHAPTER = '''
"""A chapter whose one exercise is a tiny denoiser."""

import torch

from minivid.course.chapter import Chapter
from minivid.course.own_model import Mark, OwnModel
from minivid.data.captions import VOCABULARY
from minivid.data.world import World
from minivid.diffusion import COSINE
from minivid.diffusion.objective import Objective, per_clip_loss
from minivid.nn.unet import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig

NETWORK = UNetConfig(widths=(16,), blocks=1, heads=2, vocabulary=len(VOCABULARY), dim_text=16)
RECIPE = Run("tiny", NETWORK, training=TrainConfig(steps=30, batch=8, ema=0.9, warmup=5), worlds=(World(frames=3, digit_size=10),))


def measure(model, seed):
    generator = torch.Generator().manual_seed(seed)
    x = model.world.sample(64, seed).video
    eps, u = torch.randn(x.shape, generator=generator), torch.rand(64, generator=generator)
    loss = per_clip_loss(model.network, x, eps, u, None, COSINE, Objective.V).mean().item()
    return {"loss": loss, "brightest": model.noise(2, seed).max().item()}


EXERCISE = OwnModel(
    id="96.1", title="Denoise", points=4, stars=1, minutes=5, recipe=RECIPE, measure=measure, least_steps=10, file="96_tiny",
    marks=(Mark("loss", "loss on fresh clips", ((0.8, 1), (0.1, 3)), at_most=True), Mark("brightest", "brightest", ((1.0, 1),))),
)
CHAPTER = Chapter("Tiny", "A network of one level", exercises=(EXERCISE,))
'''
SOURCE = """\
# %% [markdown]
# #### Exercise 96.1

# %% setup
from minivid.chapters.ch96.chapter import RECIPE
from minivid.course import award, check, hand_in

# %%
training = RECIPE.start()
for _ in training.steps(progress=False):
    pass

# %% exercise="96.1"
file = check("96.1", hand_in("96.1", RECIPE, training))

# %% award="96.1"
award("96.1")
"""


@pytest.fixture(scope="module")
def exercise(tmp_path_factory):
    """The tiny chapter's exercise; the chapter is there for the grader's kernels too."""
    root = tmp_path_factory.mktemp("chapters")
    (root / "ch96").mkdir()
    (root / "ch96" / "chapter.py").write_text(CHAPTER)
    (root / "sitecustomize.py").write_text(
        f"import minivid.chapters\nminivid.chapters.__path__.append({str(root)!r})\n"
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(minivid.chapters, "__path__", [*minivid.chapters.__path__, str(root)])
        patch.setenv("PYTHONPATH", str(root), prepend=os.pathsep)
        patch.setenv("OMP_NUM_THREADS", "1")
        yield listing.exercise("96.1")
    listing.chapter.cache_clear()


@pytest.fixture(scope="module")
def trained(exercise, tmp_path_factory):
    """A run of the recipe, to its end, and the file that a student hands in."""
    folder = tmp_path_factory.mktemp("mine")
    training = exercise.recipe.start()
    for _ in training.steps(progress=False):
        pass
    return zoo.publish(replace(exercise.recipe, name="96_tiny"), training, folder), training


@pytest.fixture
def mine(trained, tmp_path, monkeypatch):
    """A folder of the student's own, where notebook and file lie."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MINIVID_GRADING", raising=False)
    for name in ("96_tiny.safetensors", "96_tiny.json"):
        shutil.copy(trained[0].with_name(name), tmp_path)
    notebook = student(instructor(SOURCE, "96"))
    (tmp_path / "96_tiny.ipynb").write_text(text_of(notebook))
    return tmp_path


def altered(file: Path, change, **manifest) -> Path:
    """The file with its tensors, or its manifest, put in another's place; its hash fits."""
    tensors, told = read(file)
    write(file, change(tensors), told | manifest)
    return file


def test_points_are_those_of_the_thresholds_that_are_reached(exercise, mine):
    outcome = judge(exercise, mine / "96_tiny.safetensors", seed=3)
    assert outcome.verdict is Verdict.PARTLY and outcome.points_of(exercise.points) == 2
    first, second = outcome.message.splitlines()
    assert first.startswith("Loss on fresh clips: 0.") and first.endswith(
        ", 1 of 3 points (at most 0.8 gives 1, 0.1 gives 3)."
    )
    assert second.endswith("1 of 1 points (at least 1 gives 1).")


def test_thresholds_of_both_directions_and_what_is_no_number():
    rising, falling = Mark("a", "a", ((0.5, 1), (0.7, 3))), Mark("a", "a", ((0.7, 1), (0.5, 3)), at_most=True)
    assert [rising.points(value) for value in (0.4, 0.5, 0.7, float("nan"))] == [0, 1, 3, 0]
    assert [falling.points(value) for value in (0.8, 0.7, 0.5, float("nan"))] == [0, 1, 3, 0]
    with pytest.raises(ValueError, match="that get harder"):
        Mark("a", "a", ((0.7, 1), (0.5, 3)))
    with pytest.raises(ValueError, match="add up to another number"):
        OwnModel("1.1", "", 3, 1, 5, zoo.RECIPES["vdm-small"], dict, (Mark("a", "a", ((0.5, 1),)),), 10, "x")


def test_the_same_seed_gives_the_same_numbers_and_another_others(exercise, mine):
    file = mine / "96_tiny.safetensors"
    assert judge(exercise, file, 3) == judge(exercise, file, 3) != judge(exercise, file, 4)


def test_an_untrained_model_earns_nothing_by_what_it_makes(exercise, mine):
    network = exercise.recipe.network.build()
    file = altered(mine / "96_tiny.safetensors", lambda _: dict(network.state_dict()))
    assert judge(exercise, file, 3).message.splitlines()[0].startswith("Loss on fresh clips: 0.9")
    assert judge(exercise, file, 3).points_of(4) == 1, "the other mark asks for nothing"


def test_it_is_measured_in_the_recipe_s_world_whatever_its_manifest_says(exercise, mine):
    before = judge(exercise, mine / "96_tiny.safetensors", 3)
    world = json.loads((mine / "96_tiny.json").read_text())["worlds"][0]
    easy = altered(mine / "96_tiny.safetensors", dict, worlds=[world | {"classes": [1], "directions": ["up"]}])
    assert judge(exercise, easy, 3) == before


@pytest.mark.parametrize("steps", [0, 9])
def test_a_run_of_too_few_steps_is_no_attempt(exercise, mine, steps):
    file = altered(mine / "96_tiny.safetensors", dict, steps=steps)
    outcome = judge(exercise, file, 3)
    assert outcome.verdict is Verdict.NOT_ATTEMPTED and "at least 10 steps" in outcome.message


def cut(file):
    file.write_bytes(file.read_bytes()[:-100])


def pickled(file):
    torch.save({"a": 1}, file)


def of_the_zoo(file):
    shutil.copy(zoo.WEIGHTS / "vdm-small.safetensors", file)


def strange(file):
    altered(file, dict, network={"is": "os.system"})


def huge(file):
    altered(file, dict, network=json.loads(file.with_suffix(".json").read_text())["network"] | {"widths": [10**9]})


def another_world(file):
    told = json.loads(file.with_suffix(".json").read_text())
    altered(file, dict, clip=[1, 4, 16, 16], worlds=[told["worlds"][0] | {"frames": 4}])


def not_finite(file):
    altered(file, lambda tensors: {name: tensor * torch.nan for name, tensor in tensors.items()})


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        (cut, "The weights cannot be read"),
        (pickled, "no whole safetensors file"),
        (of_the_zoo, "expected (1, 3, 16, 16), as tiny makes them"),
        (strange, "does not say what the model is"),
        (huge, "does not say what the model is"),
        (another_world, "clips are c t h w = (1, 4, 16, 16)"),
        (not_finite, "nan, 0 of 3 points"),
    ],
)
def test_a_file_that_is_damaged_or_foreign_is_a_sentence_and_no_points(exercise, mine, damage, sentence):
    damage(mine / "96_tiny.safetensors")
    outcome = judge(exercise, mine / "96_tiny.safetensors", 3)
    assert sentence in outcome.message
    assert outcome.points_of(4) == (damage is not_finite)


def test_a_measure_that_fails_is_a_sentence(exercise, mine):
    def broken(model, seed):
        raise ZeroDivisionError("no clip moves")

    outcome = judge(replace(exercise, measure=broken), mine / "96_tiny.safetensors", 3)
    assert outcome.message == "Your model could not be measured (ZeroDivisionError: no clip moves)."


def of_shipped(share_of_noise: float = 0.0, levels: int = 0, part: str = ""):
    """The weights of vdm-small: disturbed by noise, rounded to so many levels, or only those whose name begins so, the rest an honest run's."""
    tensors, generator = read(zoo.WEIGHTS / "vdm-small.safetensors")[0], torch.Generator().manual_seed(0)
    own = zoo.RECIPES["vdm-small"].network.build().state_dict()

    def changed(name, tensor):
        if not tensor.is_floating_point() or not name.startswith(part):
            return own[name]
        tensor = tensor.float()
        if levels:
            step = (2 * tensor.abs().max() / levels).clamp(min=1e-9)
            tensor = (tensor / step).round() * step
        return tensor + share_of_noise * tensor.std(correction=0) * torch.randn(tensor.shape, generator=generator)

    return {name: changed(name, tensor) for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("options", "share"),
    [
        ({}, "100%"),
        ({"share_of_noise": 0.1}, "100%"),
        ({"share_of_noise": 0.3}, "98%"),
        ({"levels": 256}, "100%"),
        ({"part": "down.0"}, "6%"),
        ({"part": "text"}, "3%"),
    ],
    ids=str,
)
def test_shipped_weights_earn_nothing_renamed_disturbed_rounded_or_in_part(exercise, tmp_path, options, share):
    small = zoo.load("vdm-small")
    told = replace(small.run, name="96_tiny").manifest() | {"steps": 900, "minutes": 8.0, "hardware": "mine"}
    write(tmp_path / "96_tiny.safetensors", of_shipped(**options), told)
    outcome = judge(replace(exercise, recipe=small.run), tmp_path / "96_tiny.safetensors", 3)
    assert outcome.verdict is Verdict.WRONG and outcome.points_of(4) == 0
    assert outcome.message.startswith(share) and "of these weights are those of vdm-small" in outcome.message


def test_weights_that_begin_as_the_shipped_ones_began_are_one_s_own(exercise, tmp_path):
    small = zoo.RECIPES["vdm-small"]
    torch.manual_seed(small.training.seed)
    told = replace(small, name="96_tiny").manifest() | {"steps": 900, "minutes": 8.0, "hardware": "mine"}
    write(tmp_path / "96_tiny.safetensors", dict(small.network.build().state_dict()), told)
    outcome = judge(replace(exercise, recipe=small), tmp_path / "96_tiny.safetensors", 3)
    assert "loss on fresh clips" in outcome.message.lower() and COPIED == 0.01


def test_hand_in_writes_beside_the_notebook_and_a_short_run_replaces_nothing(exercise, trained, mine, capsys):
    (mine / "96_tiny.safetensors").unlink()
    file = check("96.1", hand_in("96.1", exercise.recipe, trained[1]))
    assert file == Path("96_tiny.safetensors") and zoo.load_file(file).manifest["name"] == "96_tiny"
    said = capsys.readouterr().out
    assert "◐ Exercise 96.1 · Denoise: 2 of 4 points" in said and "Loss on fresh clips: 0." in said
    award("96.1"), summary("96")
    assert "2 of 4 points (in part)" in (said := capsys.readouterr().out) and "2 / 4  in part" in said

    before, short = file.read_bytes(), replace(exercise.recipe, training=exercise.recipe.training.shortened(2)).start()
    for _ in short.steps(progress=False):
        pass
    assert check("96.1", hand_in("96.1", exercise.recipe, short)) is None
    assert file.read_bytes() == before
    assert "not attempted\n  What is measured is the model of a run of at least 10 steps." in capsys.readouterr().out


def test_nbgrader_gets_the_points_of_a_part_and_what_was_handed_in_is_not_written_again(
    exercise, trained, mine, monkeypatch
):
    before = (mine / "96_tiny.safetensors").read_bytes()
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    check("96.1", hand_in("96.1", replace(exercise.recipe, name="other"), trained[1]))
    assert (mine / "96_tiny.safetensors").read_bytes() == before and [*mine.glob("*.safetensors")] == [
        mine / "96_tiny.safetensors"
    ]
    assert award("96.1") == 2
    (mine / "96_tiny.safetensors").unlink()
    check("96.1", hand_in("96.1", exercise.recipe, trained[1]))
    with pytest.raises(AssertionError, match=r"no 96_tiny\.safetensors beside the notebook"):
        award("96.1")


@pytest.mark.parametrize(("returned", "points"), [("2", 2), (None, 4)])
def test_nbgrader_reads_what_award_returns_as_the_points_of_a_part(returned, points):
    result = nbformat.v4.new_output("execute_result", data={"text/plain": returned}) if returned else None
    cell = nbformat.v4.new_code_cell(outputs=[result] if result else [])
    cell.metadata.nbgrader = {"grade": True, "points": 4, "solution": False}
    assert determine_grade(cell) == (points, 4)


def test_the_grader_measures_the_file_beside_the_notebook_with_fresh_captions(exercise, mine):
    reports = [grade(mine / "96_tiny.ipynb").grades[0] for _ in range(2)]
    assert [(one.points, one.out_of, one.verdict) for one in reports] == [(2, 4, "in part")] * 2
    assert reports[0].message != reports[1].message, "the same seed twice"
    (mine / "96_tiny.safetensors").write_bytes(b"x" * 100)
    assert "cannot be read" in grade(mine / "96_tiny.ipynb").grades[0].message
    (mine / "96_tiny.safetensors").unlink()
    missing = grade(mine / "96_tiny.ipynb").grades[0]
    assert missing.verdict == "not attempted" and "beside the notebook" in missing.message


def test_its_cell_needs_no_solution_and_is_nobody_s_to_clear(exercise):
    notebook = instructor(SOURCE, "96")
    cell = next(cell for cell in notebook.cells if "hand_in(" in cell.source and "check(" in cell.source)
    assert cell.metadata == {"minivid": {"exercise": "96.1"}}
    assert any(cell.metadata.get("nbgrader", {}).get("points") == 4 for cell in notebook.cells)
    assert problems_in_cells(jupytext.reads(SOURCE, fmt="py:percent").cells) == []
