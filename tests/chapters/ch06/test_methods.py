"""Chapter 6's table of methods: the arms are what they are called, the numbers paired, and the text is held to the receipt."""

import json
from itertools import combinations
from statistics import mean

import pytest
import torch

from minivid import zoo
from minivid.adapt import Method
from minivid.chapters.ch06.clips import WORLD
from minivid.chapters.ch06.experiments import methods
from minivid.chapters.ch06.experiments.methods import ALONE, ARMS, LEVELS, MEASURES, REAL
from minivid.chapters.ch06.seen import seen, with_interval
from minivid.course import receipt
from minivid.course.receipt import Receipt


@pytest.fixture(scope="module")
def image():
    return zoo.load("image-digits")


def made_up(n: int = 4) -> Receipt:
    """A receipt in which Tune-A-Video's error is half the image model's, and its clips are thrown off less."""
    same = {"direction": [1.0, 0.0, 1.0, 0.0], "off": [4.0, 5.0, 3.0, 4.5], "step": [3.0, 4.0, 2.0, 3.5]}
    same |= {"same": [1.0, 1.0, 0.0, 1.0], "alike": [0.7, 0.8, 0.75, 0.7], "read": [1.0, 0.875, 0.5, 1.0]}
    errors = [[0.2, 0.1, 0.3, 0.4]] * len(LEVELS)
    rows = {
        name: {"clips": {key: list(of) for key, of in same.items()}, "errors": errors, "trained": 1000, "minutes": 2.0}
        for name in (REAL, ALONE, *ARMS)
    }
    rows["Tune-A-Video"]["clips"]["off"] = [1.0, 1.9, 0.1, 1.6]
    rows["Tune-A-Video"]["errors"] = [[one / 2 for one in level] for level in errors]
    training = {"steps": 2, "batch": 4, "frames": 8}
    return Receipt(
        "06_made_up", {"n": n, "rows": rows, "training": training, "levels": list(LEVELS)}, [0], 0.0, "", {}, {}
    )


def test_each_method_is_an_arm_and_trains_what_its_paper_trains(image):
    assert [arm.method for arm in ARMS.values() if not arm.everything] == [
        Method.ANIMATEDIFF,
        Method.VIDEO_LDM,
        Method.MAKE_A_VIDEO,
        Method.TUNE_A_VIDEO,
    ]
    for name, arm in ARMS.items():
        network = arm.build(image.network)
        asks = {part for part, weight in network.named_parameters() if weight.requires_grad}
        every = {part for part, _ in network.named_parameters()}
        assert asks == (every if arm.everything else set(network.trained())), name


def test_from_nothing_is_the_same_network_with_nothing_of_the_image_model_in_it(image):
    nothing, frozen = (ARMS[name].build(image.network).state_dict() for name in ("from nothing", "AnimateDiff"))
    own = image.network.state_dict()
    assert nothing.keys() == frozen.keys()
    weights = [name for name in own if own[name].ndim > 1 and "place" not in name and own[name].any()]
    assert all(torch.equal(frozen[name], own[name]) for name in weights)
    assert not any(torch.equal(nothing[name], own[name]) for name in weights)


def test_the_motion_module_of_the_zoo_is_trained_on_the_tables_clips_by_its_loss(image):
    recipe = zoo.recipe("motion-digits")
    assert (recipe.worlds, recipe.loss) == ((WORLD,), image.run.loss)


def test_a_star_stands_where_the_paired_difference_leaves_out_nothing(image):
    head, real, alone, *rows = methods.methods_table(made_up()).splitlines()
    assert all(title in head for title in MEASURES.values()) and "1 times 4 clips, 2 steps of 4" in head
    assert "*" not in real + alone and [row.count("*") for row in rows] == [row.startswith("  Tune") for row in rows]
    assert methods.differs(made_up(), "Tune-A-Video", "off") == -1
    assert methods.differs(made_up(), "Video LDM", "off") == 0


def test_no_star_where_one_training_says_the_contrary():
    found = made_up(8)
    for row in found["rows"].values():
        row["clips"]["off"] = row["clips"]["off"] * 2
    assert methods.differs(found, "Tune-A-Video", "off") == -1
    twice = Receipt("06_made_up", {**found.values, "n": 4}, [0, 1], 0.0, "", {}, {})
    assert methods.differs(twice, "Tune-A-Video", "off") == -1
    rising = [4.0, 5.0, 3.0, 4.5, 4.4, 5.4, 3.4, 4.9]
    less = [1.0, 1.9, 0.1, 1.6]
    twice["rows"]["Tune-A-Video"]["clips"]["off"] = [*less, *rising[4:]]
    assert methods.differs(twice, "Tune-A-Video", "off") == 0


def test_the_error_is_a_share_of_the_image_models_clip_by_clip():
    for name in ARMS:
        middle, low, high = methods.shares(made_up(), name)[0]
        assert middle == low == high == pytest.approx(0.5 if name == "Tune-A-Video" else 1.0)
    assert "0.50 [0.50, 0.50]" in methods.errors_table(made_up()).splitlines()[1 + list(ARMS).index("Tune-A-Video")]


def test_the_minutes_of_training_are_said_of_each_arm():
    assert "AnimateDiff 2.0" in methods.minutes_sentence(made_up()) and "from nothing 2.0." in methods.minutes_sentence(
        made_up()
    )


def test_a_measurement_that_was_cut_off_goes_on_where_it_stood(tmp_path, monkeypatch, image):
    looked = []

    def looked_at(model, captions, seed, steps):
        looked.append(model.name)
        return {"clips": {"off": [0.0] * len(captions)}, "errors": [[0.1] * len(captions)]}

    monkeypatch.setattr(methods, "looked_at", looked_at)
    monkeypatch.setattr(methods, "TRAINING", methods.TRAINING.shortened(1))
    monkeypatch.setattr(methods, "ARMS", {name: ARMS[name] for name in ("Video LDM", "from nothing")})
    found = methods.measure_methods(n=2, seeds=(1, 2), steps=1, home=str(tmp_path))
    assert looked == ["image-digits", "video-ldm", "animatediff"] * 2
    assert list(found["rows"]) == [REAL, ALONE, "Video LDM", "from nothing"]
    assert found["rows"]["from nothing"]["trained"] > 2e6 > found["rows"]["Video LDM"]["trained"]
    assert len(found["rows"]["Video LDM"]["clips"]["off"]) == len(found["rows"]["Video LDM"]["errors"][0]) == 4
    (tmp_path / "from-nothing-2" / "2-1.json").unlink()
    assert methods.measure_methods(n=2, seeds=(1, 2), steps=1, home=str(tmp_path)) == found and len(looked) == 7
    json.dumps(found)


def test_a_row_here_stands_beside_the_receipts():
    real = WORLD.sample(4, 0)
    head, mine, theirs = methods.beside_the_receipt(
        seen(real.video, real.caption), made_up(), "Tune-A-Video"
    ).splitlines()
    assert "clips" in head and mine.split()[:2] == ["here", "4"] and "1.15 [" in theirs


def test_what_the_chapter_says_of_the_methods_is_what_was_measured():
    found = receipt("06_methods")
    four, nothing = [name for name in ARMS if ARMS[name].learnt], "from nothing"
    assert (
        found["model"] == zoo.load("image-digits").manifest["sha256"]
        and found["training"]["steps"] == methods.TRAINING.steps
    )
    three, clips = four[:3], {name: row["clips"] for name, row in found["rows"].items()}
    assert three == ["AnimateDiff", "Video LDM", "Make-A-Video"] and len(found.seeds) == 3
    for name in four:
        assert methods.differs(found, name, "off") == -1 and methods.differs(found, name, "read") >= 0
        assert methods.differs(found, nothing, "read", name) == -1 and methods.differs(found, name, "same") <= 0
    for name in three:
        assert methods.differs(found, name, "alike") == 1 and methods.differs(found, name, "off", "Tune-A-Video") == -1
        assert mean(clips[name]["off"]) < mean(clips[ALONE]["off"]) / 8
        assert methods.differs(found, nothing, "off", name) == 0
    assert all(methods.differs(found, a, "off", b) == 0 for a, b in combinations(three, 2))
    assert 0.4 < mean(clips["Tune-A-Video"]["off"]) / mean(clips[ALONE]["off"]) < 0.6
    assert methods.differs(found, "Make-A-Video", "same", "AnimateDiff") == -1
    assert with_interval("read", clips[nothing]["read"])[2] < 0.25 and sum(clips[nothing]["same"]) == 0
    assert all(with_interval("direction", clips[name]["direction"])[1] < 0.25 for name in ARMS)
    assert all(methods.differs(found, name, "step", REAL) == -1 for name in three)
    assert methods.differs(found, "Tune-A-Video", "step", REAL) == 1
    at = {level: i for i, level in enumerate(found["levels"])}
    for name in four:
        shares = methods.shares(found, name)
        assert (
            all(high < 1 for _, _, high in shares[: at[1.0]])
            and max(shares) == shares[at[1.0]]
            and min(shares) == shares[at[-3.0]]
        )
        assert (shares[at[1.0]][2] < 1) == (name in three)
        assert max(middle for middle, _, _ in shares[:2]) < shares[at[-1.0]][0]
    from_nothing = methods.shares(found, nothing)
    assert (
        from_nothing[at[-5.0]][2] < 1
        and from_nothing[at[-3.0]][1] < 1 < from_nothing[at[-3.0]][2]
        and all(low > 1 for _, low, _ in from_nothing[at[-1.0] :])
    )
