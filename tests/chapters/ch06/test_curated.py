"""The pool of clips that chapter 6 sorts: what is wrong with it is so, the filters see it, and a source gives what it says."""

from dataclasses import replace
from statistics import mean

import pytest
import torch

from minivid import zoo
from minivid.chapters.ch06.clips import WORLD
from minivid.chapters.ch06.curated import DEFECTS, SHARE, Filters, best, few, found, kept, lessons
from minivid.chapters.ch06.experiments import curation
from minivid.chapters.ch06.svd import FAST, LONG, bucket_of
from minivid.course import receipt
from minivid.course.receipt import Receipt
from minivid.metrics.curation import precision_recall


@pytest.fixture(scope="module")
def pool():
    return found(200, 5)


def test_what_is_wrong_with_a_clip_is_wrong_with_it_and_nothing_else(pool):
    clean = LONG.sample(200, 5).video[:, :, : WORLD.frames]
    cut, still, dull = pool.wrong.T
    good = ~pool.wrong.any(1)
    assert torch.equal(pool.video[good], clean[good])
    steady = still & ~cut
    assert torch.equal(pool.video[steady], pool.video[steady][:, :, :1].expand_as(pool.video[steady]))
    assert (pool.video[dull].amax((1, 2, 3, 4)) < -0.2).all() and (pool.video[good].amax((1, 2, 3, 4)) > 0.5).all()
    assert torch.equal(pool.speed == 0, still)


def test_each_defect_has_its_share_and_says_nothing_of_another(pool):
    share = torch.cat([pool.wrong, found(400, 6).wrong]).float()
    assert share.mean(0).tolist() == pytest.approx([SHARE] * 3, abs=0.06)
    assert torch.corrcoef(share.T)[[0, 0, 1], [1, 2, 2]].abs().max() < 0.15


def test_the_filters_find_what_is_there_on_a_draw_by_which_they_were_not_chosen(pool):
    flags = Filters().flags(pool.video)
    for i, name in enumerate(DEFECTS):
        precision, recall = precision_recall(flags[:, i], pool.wrong[:, i])
        assert precision > 0.9 and recall > 0.75, name


def test_what_is_kept_is_flagged_by_none_and_is_a_function_of_its_seed():
    clips = kept(6, (0, 3, 1))
    assert len(clips) == 6 and not Filters().flags(clips.video).any()
    assert torch.equal(kept(6, (0, 3, 1)).video, clips.video) and not torch.equal(kept(6, (0, 4, 1)).video, clips.video)


def test_filters_that_leave_little_are_asked_until_there_is_enough():
    rare = replace(Filters(), looks=0.4)
    assert len(kept(8, 1, rare)) == 8


def test_the_best_are_without_any_defect_and_a_few_are_no_others():
    good = best(5, 2)
    assert len(good) == 5 and not good.wrong.any()
    drawn = few(good)(40, (0, 1, 0))
    same = (drawn.video[:, None] == good.video).flatten(2).all(2)
    assert same.any(1).all() and same.any(0).all()


def test_a_lesson_is_told_the_speed_of_its_clip(pool):
    video, cond = lessons(lambda n, seed: pool[slice(n)])(8, (0, 1, 0))
    assert torch.equal(video, pool.video[:8])
    assert torch.equal(cond.numbers[:, 1], bucket_of(pool.speed[:8])) and (cond.numbers[:, 0] == FAST - 1).all()


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(curation, "SECOND", replace(curation.SECOND, steps=1, batch=2))
        patch.setattr(curation, "THIRD", replace(curation.THIRD, steps=1, batch=2))
        patch.setattr(curation, "ASKED", {"medium": (FAST, 10)})
        home = tmp_path_factory.mktemp("stages")
        models = curation.stages(zoo.load("image-digits"), found, 0, home)
        again = curation.stages(zoo.load("image-digits"), found, 0, home)
    return models, again


def test_the_third_stage_begins_with_the_second_s_weights_and_goes_on_where_it_was_cut_off(short):
    models, again = short
    weights = {stage: dict(model.network.named_parameters()) for stage, model in models.items()}
    moved = [(weights["third"][name] - weight).abs().max().item() for name, weight in weights["second"].items()]
    assert 0 < max(moved) < 0.05
    assert all(
        torch.equal(dict(again["third"].network.named_parameters())[name], w) for name, w in weights["third"].items()
    )


def test_one_error_a_clip_the_same_for_the_same_model(short):
    model = short[0]["second"]
    one, two = (curation.errors(model, 3, 4) for _ in range(2))
    assert one.shape == (3,) and torch.equal(one, two) and (one > 0).all()


def made_up() -> Receipt:
    measures = ("cut", "still", "dull", "step", "first frame", "error")
    row = {stage: {key: [0.2, 0.4] for key in measures} for stage in curation.STAGES}
    better = {stage: {**of, "error": [0.1, 0.3]} for stage, of in row.items()}
    return Receipt("06_made_up", {"n": 1, "rows": {"as found": row, "filtered": better}}, [0, 1], 0.0, "", {}, {})


def test_the_difference_is_paired_and_a_share_of_what_is_without():
    assert curation.apart(made_up(), "second", "error") == pytest.approx((-0.1,) * 3)
    assert "second stage -33.3% [-33.3%, -33.3%]" in curation.apart_sentence(made_up())
    assert curation.stages_table(made_up()).splitlines()[0].startswith("2 clips")


def test_what_the_chapter_says_of_sorting_is_what_was_measured():
    found = receipt("06_curation")
    assert found["model"] == zoo.load("image-digits").manifest["sha256"] and len(found.seeds) == 2
    assert found["steps"] == {"second": curation.SECOND.steps, "third": 100} and found["best"] == 64
    n, rows = found["n"], found["rows"]
    for stage in curation.STAGES:
        _, _, high = curation.apart(found, stage, "error")
        one, two = (rows[source][stage]["error"] for source in ("filtered", "as found"))
        assert high < 0 and all(mean(one[i : i + n]) < mean(two[i : i + n]) for i in (0, n))
        for measure in ("step", "first frame", "cut", "still"):
            _, low, high = curation.apart(found, stage, measure)
            assert low <= 0 <= high, (stage, measure)
        assert not any(sum(rows[source][stage]["still"]) for source in rows)
    second, third = (curation.apart(found, stage, "error")[0] for stage in curation.STAGES)
    assert 0.4 < third / second < 0.65
    assert mean(rows["as found"]["second"]["dull"]) == pytest.approx(1 / 6, abs=0.02)
    assert curation.apart(found, "second", "dull")[2] < 0 == sum(rows["filtered"]["second"]["dull"])
    assert not any(sum(rows[source]["third"][name]) for source in rows for name in DEFECTS)
    assert found["filters"]["left"]["of all"] < 0.5
