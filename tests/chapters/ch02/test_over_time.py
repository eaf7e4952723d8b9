"""Chapter 2's experiments on positions, memory, reach and the light network: what they measure is what they say."""

from dataclasses import replace

import pytest
import torch

from minivid.chapters.ch02.experiments import layers, light, memory, positions
from minivid.chapters.ch02.experiments.fusion import interval
from minivid.course import receipt
from minivid.motion.forecast import next_frames
from minivid.nn.light import LightConfig
from minivid.train import Step

FRAMES_REACHED = {  # when frame 3 of 12 is touched
    "convolution over space": [3],
    "(2+1)D convolution": [2, 3, 4],
    "full convolution": [2, 3, 4],
    "causal convolution": [3, 4, 5],
    "attention over time": range(12),
    "causal attention": range(3, 12),
    "GRU": range(3, 12),
    "bidirectional GRU": range(12),
    "short, middle, long": range(8),
    "light network": range(3, 8),
    "U-Net": range(12),
}


def test_every_block_reaches_the_frames_that_it_should():
    reached = layers.reach_of(layers.blocks())
    found = {name: maps[3].flatten(1).any(1).nonzero().flatten().tolist() for name, maps in reached.items()}
    assert found == {name: list(frames) for name, frames in FRAMES_REACHED.items()}


def test_what_counts_in_one_convolution_has_the_radius_of_its_kernel():
    assert 0.8 < layers.radius(1) < 2**0.5
    assert layers.radius(4) < 4 * 2**0.5


def test_windows_are_cut_with_their_truth():
    clips = positions.WORLD.sample(3, 0)
    video, truth = positions.windows(clips, torch.tensor([2, 0]), torch.tensor([5, 1]), frames=4)
    assert torch.equal(video[0, 0], clips.video[2, 0, 5:9]) and torch.equal(video[1, 0], clips.video[0, 0, 1:5])
    assert torch.equal(truth[0, :, :2], clips.velocity[2, 5:9, 0])
    assert torch.equal(truth[1, 3, 2:], clips.position[0, 1, 0] - 7.5)


@pytest.mark.parametrize("kind", positions.KINDS)
def test_who_is_told_of_positions_is_not_blind_to_order(kind):
    model, shuffle = positions.FrameReader(kind), torch.tensor([3, 0, 2, 1])
    for weight in model.parameters():
        if not weight.any():
            torch.nn.init.normal_(weight, std=0.3)
    video = positions.WORLD.sample(2, 0).video[:, :, :4]
    with torch.no_grad():
        change = (model(video[:, :, shuffle]) - model(video)[:, shuffle]).abs().max()
    assert (change < 1e-4) == (kind in ("none", "one vector"))


def test_behind_the_occluder_nothing_is_told():
    facts = memory.facts(8, "train", 0)
    told = memory.behind(facts)
    assert torch.equal(told[:, :, : memory.SEEN], facts[:, : memory.SEEN].mT) and not told[:, :, memory.SEEN :].any()
    assert facts[:, 1:, :10].sum(-1).eq(1).all()


def test_one_who_knows_recalls_everything_and_one_who_knows_nothing_is_as_good_as_a_guess():
    facts = memory.facts(512, "heldout", 9)
    named, off = memory.recall(lambda told: facts)
    assert (named == 1).all() and off.max() == 0
    mean = memory.facts(4096, "train", 1)[:, memory.SEEN :].mean((0, 1))
    named, off = memory.recall(lambda told: mean.expand_as(facts))
    assert named.max() < 0.2 and off.mean().item() == pytest.approx(memory.guess(), rel=1e-4)


@pytest.mark.parametrize("name", light.WORLDS)
def test_what_is_not_new_was_in_the_frame_before(name):
    """Looked up by the motion of what is seen there: right but for interpolation; at new places it is not."""
    clips = light.held_out(name, 32)
    new = light.new_content(clips)
    step = torch.cat([clips.position.diff(dim=1), -clips.pan[:, None, None].expand(-1, 7, 1, 2)], 2)
    who = clips.layer[:, 1:, None, None].expand(-1, -1, -1, 2, -1, -1)
    flow = -step[..., None, None].expand(-1, -1, -1, -1, 16, 16).gather(2, who)[:, :, 0].movedim(1, 2)
    off = (next_frames(clips.video[:, :, :-1], flow.contiguous()) - clips.video[:, :, 1:]).square().mean(1)
    assert off[new].mean() > 3 * off[~new].mean() and 0.005 < new.float().mean() < 0.3


def test_a_still_film_costs_nothing_and_a_step_is_made_of_its_own_rows():
    model, video = LightConfig(dim=8).build(), light.WORLDS["one digit"].sample(4, 0).video
    step = Step(seed=0, number=0)
    assert light.warping_loss(model, (video[:, :, :1].expand_as(video), None), step) == 0
    repeats = (video[:, :, 1:] - video[:, :, :-1]).square().mean()
    torch.testing.assert_close(light.warping_loss(model, (video, None), step), repeats)


def test_training_the_light_network_draws_better_frames():
    training = light.light_training(replace(light.TRAINING.shortened(100), batch=6))
    for _ in training.steps(progress=False):
        pass
    fares = light.how_light_fares(training.ema, n=16)
    assert fares["one digit"] < 0.6 and len(fares["ahead"]) == 5


def test_speed_is_by_frame_and_the_faster_one_is_named_first():
    seconds = light.seconds_a_frame({"slow": lambda: sum(range(100_000)) * 0 + 1, "quick": lambda: 1}, repeats=3)
    assert all(len(each) == 3 for each in seconds.values())
    assert light.speed_sentence({"slow": [0.5, 0.5], "quick": [0.1, 0.1]}).startswith(
        "quick: 10 frames a second; slow: 2.0"
    )


@pytest.mark.parametrize("name", light.WORLDS)
def test_the_hardest_frame_is_shown_as_it_is(name):
    images = light.hardest(light.stands_still, name, n=4)
    before, after, made, off, new = images
    assert torch.equal(before, made)
    torch.testing.assert_close(off + 1, (after - made).abs())
    assert set(new.unique().tolist()) <= {-1.0, 1.0} and (new == 1).any()


def off(kind: str, question: str, times: int) -> tuple[float, float, float]:
    """What the positions' receipt has: mean over seeds and interval."""
    seeds = receipt("02_positions")["rows"][kind]["trained length" if times == 1 else "twice the length"][question]
    return interval([sum(seed) / len(seed) for seed in seeds])


def test_what_the_chapter_says_of_positions_is_in_the_receipt():
    def apart(better, worse):
        return better[2] < worse[1]

    blind = off("none", "velocity", 1)
    assert not apart(off("one vector", "velocity", 1), blind)
    for kind in ("table", "sinusoidal", "half the exponents", "bias", "rotary"):
        assert apart(off(kind, "velocity", 1), blind)
    for kind in ("bias", "rotary"):
        assert apart(off(kind, "velocity", 2), off("sinusoidal", "velocity", 2))
        assert apart(off(kind, "velocity", 2), off("table", "velocity", 2))
    for kind in ("table", "half the exponents"):
        for distances in ("bias", "rotary"):
            assert apart(off(kind, "origin", 2), off(distances, "origin", 2))
    for times in (1, 2):  # the nulls
        for question in ("velocity", "origin"):
            for one, other in (("sinusoidal", "half the exponents"), ("bias", "bias, few buckets")):
                assert not apart(off(one, question, times), off(other, question, times))
                assert not apart(off(other, question, times), off(one, question, times))


@pytest.mark.parametrize("kind", ["table", "sinusoidal", "half the exponents", "bias", "rotary"])
def test_the_first_frames_of_a_longer_clip_are_read_worse_than_those_of_one_of_eight(kind):
    row = receipt("02_positions")["rows"][kind]
    assert off(kind, "velocity", 1)[2] < torch.tensor(row["twice the length"]["velocity"])[:, :8].mean()


@pytest.mark.parametrize("kind", ["table", "sinusoidal"])
def test_from_frame_10_on_added_numbers_are_worse_than_none(kind):
    rows = receipt("02_positions")["rows"]
    velocity = [torch.tensor(rows[name]["twice the length"]["velocity"]).mean(0) for name in (kind, "none")]
    assert (velocity[0][10:] > velocity[1][10:]).all()


def test_what_the_chapter_says_of_memory_is_in_the_receipt():
    found = receipt("02_memory")
    off = {int(dim): torch.tensor(row["off"]) for dim, row in found["rows"].items()}  # seeds t
    named = {int(dim): torch.tensor(row["named"]) for dim, row in found["rows"].items()}
    assert (named[1] > 0.99).all() and all(each.min() > 0.9 for each in named.values())
    after = found["trained"] - 1
    assert off[64][:, : after + 1].max() < 1 and off[64][:, -1].min() > 1
    assert off[16][:, after].min() > 2 and off[4][:, after].min() > 0.85 * found["guess"]


def test_what_the_chapter_says_of_new_content_is_in_the_receipt():
    for run in receipt("02_light")["runs"]:
        times = {name: run[f"{name}, new"] / run[f"{name}, old"] for name in light.WORLDS}
        assert times["one digit"] < 1.15 and 1.7 < times["two digits"] < 2.3 and times["moving background"] > 4
        assert run["flow"] < 0.2 and run["sharpness"][0] > 0.8 and 0.6 < run["sharpness"][4] < 0.75
        assert all(made < 0.3 * still for made, still in zip(run["ahead"], run["ahead, still"], strict=True))
