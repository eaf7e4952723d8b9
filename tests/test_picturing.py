"""The prior: what it draws lies where pictures of the caption lie, and nearer than the caption's own embedding does."""

from dataclasses import replace

import pytest
import torch

from minivid import judges, zoo
from minivid.checkpoint import CheckpointError
from minivid.metrics.distribution import paired_interval
from minivid.picturing import as_clip, as_embedding, pictured, towers
from minivid.run import clip_of
from minivid.train import TrainConfig


@pytest.fixture(scope="module")
def shown():
    """Pictures in handwriting that neither towers nor prior saw, and their captions."""
    worlds = [replace(world, split="heldout") for world in zoo.recipe("prior-digits").worlds]
    parts = [world.sample(24, (8, i)) for i, world in enumerate(worlds)]
    captions = [caption for part in parts for caption in part.caption]
    return towers().see(torch.cat([part.video for part in parts])), captions


@pytest.fixture(scope="module")
def drawn(shown):
    return pictured(zoo.load("prior-digits"), shown[1], seed=2)


def test_what_is_drawn_finds_pictures_of_its_caption(shown, drawn):
    seen, captions = shown
    found = judges.found_before_others(drawn, seen, judges.looks_of(captions))
    assert found.mean() > 0.9


def test_it_draws_what_could_be_a_picture_which_a_captions_own_embedding_could_not(shown, drawn):
    """The gap between the two towers, which a prior is there to bridge: some picture is as near to what is drawn as to a picture."""
    seen, captions = shown
    worlds = [replace(world, split="heldout") for world in zoo.recipe("prior-digits").worlds]
    pool = towers().see(torch.cat([world.sample(100, (9, i)).video for i, world in enumerate(worlds)]))
    real, mine, raw = ((one @ pool.T).amax(1) for one in (seen, drawn, towers().read(captions)))
    _, low, _ = paired_interval(mine.tolist(), raw.tolist())
    assert low > 0.05 and abs(mine.mean() - real.mean()) < 0.03
    gaps = [(one.mean(0) - pool.mean(0)).norm() for one in (drawn, towers().read(captions))]
    assert gaps[0] < 0.7 * gaps[1]


def test_one_draw_is_not_nearer_to_its_own_picture_than_the_caption_is(shown, drawn):
    """As the chapter says: it is one of many pictures that the caption fits, and the middle of them is nearer to each."""
    seen, captions = shown
    mine, raw = ((one * seen).sum(1).tolist() for one in (drawn, towers().read(captions)))
    _, _, high = paired_interval(mine, raw)
    assert high < 0


def test_a_seed_is_a_picture_and_another_seed_another(shown, drawn):
    captions = shown[1][:3]
    prior = zoo.load("prior-digits")
    one, again, other = (pictured(prior, captions, seed=seed, steps=3) for seed in (1, 1, 2))
    assert one.shape == (3, 48) and torch.equal(one, again) and not torch.allclose(one, other)
    torch.testing.assert_close(one.norm(dim=1), torch.ones(3))


def test_an_embedding_and_the_clip_that_stands_for_it_are_each_others():
    embedding = torch.nn.functional.normalize(torch.randn(4, 48), dim=1)
    clip = as_clip(embedding)
    assert clip.shape == (4, 48, 1, 1, 1) and clip.square().mean().item() == pytest.approx(1)
    torch.testing.assert_close(as_embedding(clip), embedding)


def test_it_is_trained_by_its_recipe_on_what_the_towers_say():
    run = replace(zoo.recipe("prior-digits"), training=TrainConfig(steps=2, batch=8, warmup=1))
    training = run.start()
    video, cond = training.data(8, (0, 0, 0))
    assert video.shape == (8, *run.clip) and cond.content.shape == (8, 48)
    torch.testing.assert_close(cond.content.norm(dim=1), torch.ones(8))
    records = list(training.steps(progress=False))
    assert len(records) == 2 and records[0].loss == pytest.approx(
        1, abs=0.3
    )  # a prior that says nothing is off by the pictures' size


def test_it_draws_no_clips_and_stands_in_no_report_of_clips():
    prior = zoo.load("prior-digits")
    with pytest.raises(ValueError, match="prior-digits draws pictures' embeddings, not clips"):
        zoo.draw(prior, None, 1)
    assert clip_of(prior.world) != prior.shape


def test_towers_that_are_not_here_are_asked_for_in_a_sentence():
    with pytest.raises(CheckpointError, match="minivid train judge-portraits --keep"):
        towers("judge-portraits")


def test_weights_are_small_and_say_how_they_were_made():
    for name, most in (("prior-digits", 300_000), ("judge-pictures", 500_000)):
        assert (zoo.WEIGHTS / f"{name}.safetensors").stat().st_size < most
    manifest = zoo.load("prior-digits").manifest
    assert manifest["steps"] == zoo.recipe("prior-digits").training.steps
    towers_manifest = judges.load("judge-pictures").manifest
    assert towers_manifest["steps"] == judges.recipe("judge-pictures").training.steps
    assert towers_manifest["measured"]["other looks fit worse"] > 0.95
