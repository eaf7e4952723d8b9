"""Clips do what their captions say, stay in the picture, and are functions of their seed."""

from dataclasses import fields

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from minivid.data import DIRECTIONS, SPEEDS, World, load, parse
from minivid.data.glyphs import glyphs

EVERY = {
    "default": {},
    "wide": {"size": (16, 40)},
    "large": {"size": 32, "frames": 16},
    "three": {"digits": 3},
    "heldout": {"split": "heldout"},
    "few": {"classes": (3, 7), "directions": ("up-left",), "speeds": ("quickly",)},
    "one frame": {"frames": 1},
    "turn": {"change": "direction"},
    "pace": {"change": "speed"},
    "gravity": {"gravity": 0.2, "size": 24},
    "drag": {"drag": 0.1},
    "both": {"gravity": 0.2, "drag": 0.1, "size": 24, "change": "direction", "motion_blur": 1.0},
    "rotation": {"rotation": 20.0},
    "scale": {"scale": 1.5, "size": 24},
    "colour": {"colour": True},
    "texture": {"texture": True},
    "neon": {"neon": True, "colour": True, "digits": 2},
    "gradient": {"background": "gradient"},
    "clouds": {"background": "clouds", "pan": 1.0},
    "checks": {"background": "checks", "colour": True},
    "light": {"light": True},
    "blur": {"motion_blur": 0.8},
    "audio": {"audio": True},
    "all": {
        "size": 48,
        "frames": 6,
        "digits": 3,
        "change": "direction",
        "gravity": 0.05,
        "drag": 0.05,
        "rotation": 8.0,
        "scale": 1.2,
        "colour": True,
        "texture": True,
        "background": "clouds",
        "light": True,
        "motion_blur": 0.5,
        "pan": 1.0,
        "audio": True,
    },
}


@pytest.mark.parametrize("name", EVERY)
def test_every_option_renders(name):
    world = World(**EVERY[name])
    clips = world.sample(4, seed=0)
    n, k, t, h, w = 4, world.digits, world.frames, world.height, world.width
    assert clips.video.shape == (n, 3 if world.colour else 1, t, h, w)
    assert clips.video.min() >= -1 and clips.video.max() <= 1
    assert clips.video.amax((1, 2, 3, 4)).min() > 0, "something bright is to be seen in every clip"
    assert clips.mask.shape == (n, k + 1, t, h, w) and clips.flow.shape == (n, t - 1, 2, h, w)
    assert clips.position.shape == clips.velocity.shape == (n, t, k, 2)
    for part in (clips.video, clips.mask, clips.flow, clips.position, clips.velocity):
        assert torch.isfinite(part).all()


@pytest.mark.parametrize("name", EVERY)
def test_the_same_seed_gives_the_same_bytes_and_leaves_torchs_random_state_alone(name):
    world = World(**EVERY[name])
    before = torch.get_rng_state()
    first = world.sample(3, seed=(7, 2))
    torch.rand(1)
    again = world.sample(3, seed=(7, 2))
    torch.set_rng_state(before)
    for field in fields(first):
        one, other = getattr(first, field.name), getattr(again, field.name)
        if isinstance(one, torch.Tensor):
            one, other = one.numpy().tobytes(), other.numpy().tobytes()
        assert one == other, field.name
    world.sample(3, seed=8)
    assert torch.equal(torch.get_rng_state(), before)


@given(st.lists(st.lists(st.integers(0, 5), min_size=1, max_size=3).map(tuple), min_size=2, max_size=2, unique=True))
@settings(max_examples=20)
def test_different_seeds_give_different_clips(seeds):
    first, second = (World(frames=2).sample(4, seed) for seed in seeds)
    assert not torch.equal(first.video, second.video)


def test_the_order_and_the_number_of_a_seeds_parts_count():
    seeds = [(1, 2), (2, 1), (3,), (0, 3), (3, 0), (0, 0, 3)]
    videos = {World(frames=2).sample(2, seed).video.numpy().tobytes() for seed in seeds}
    assert len(videos) == len(seeds)


def test_a_number_and_a_tuple_of_it_alone_are_the_same_seed():
    assert torch.equal(World().sample(2, 3).video, World().sample(2, (3,)).video)


@pytest.mark.parametrize("seed", [-1, (1, -2), (), True])
def test_a_bad_seed_is_refused(seed):
    with pytest.raises(ValueError, match="seed is a whole number from 0 on"):
        World().sample(1, seed)


def reflect(place, step, low, high):
    """One step between two elastic walls, by counting mirrors."""
    place, step = place + step, step
    while not low <= place <= high:
        wall = low if place < low else high
        place, step = 2 * wall - place, -step
    return place, step


@given(seed=st.integers(0, 1000), size=st.sampled_from([14, 16, 24]), digits=st.integers(1, 2))
@settings(max_examples=25)
def test_positions_are_those_of_a_simulator_that_steps_and_reflects(seed, size, digits):
    world = World(size=size, digits=digits, frames=12, directions=tuple(DIRECTIONS))
    clips = world.sample(4, seed)
    shapes = glyphs("train")
    for i in range(4):
        for k in range(digits):
            which = (shapes.index == clips.index[i, k]).nonzero().item()
            ink = np.argwhere(shapes.bitmap[which].numpy().T > 0) / 32  # x, y of inked cells' corners
            centre = shapes.centre[which].numpy()
            low = -0.5 - world.side * (ink.min(0) - centre)
            high = size - 0.5 - world.side * (ink.max(0) + 1 / 32 - centre)
            for axis in (0, 1):
                x, v = clips.position[i, 0, k, axis].item(), clips.velocity[i, 0, k, axis].item()
                for t in range(1, 12):
                    x, v = reflect(x, v, low[axis], high[axis])
                    assert clips.position[i, t, k, axis].item() == pytest.approx(x, abs=1e-4)
                    assert clips.velocity[i, t, k, axis].item() == pytest.approx(v, abs=1e-5)


STAYING = (
    "default",
    "wide",
    "large",
    "heldout",
    "turn",
    "pace",
    "gravity",
    "drag",
    "both",
    "rotation",
    "scale",
    "blur",
)


@pytest.mark.parametrize("name", STAYING)
def test_a_digit_never_loses_ink_at_the_pictures_edge(name):
    world = World(**EVERY[name])
    clips = world.sample(64, seed=1)
    ink = clips.mask[:, 0].sum((-1, -2)) / clips.size[..., 0] ** 2
    shapes = glyphs(world.split)
    whole = shapes.bitmap[shapes.index.argsort()].mean((1, 2))[clips.index]
    tolerance = 0.02 if world.rotation else 2e-3
    assert ((ink - whole).abs() / whole).max() < tolerance


def test_digits_come_close_to_every_wall():
    mask = World().sample(256, seed=0).mask[:, 0].amax((0, 1))
    assert min(edge.max() for edge in (mask[0], mask[-1], mask[:, 0], mask[:, -1])) > 0.5


def steps(clips, k, first, many):
    """The displacements of digit k from frame `first` on."""
    return clips.position[:, first : first + many + 1, k].diff(dim=1)


@pytest.mark.parametrize("digits", [1, 2])
def test_captions_say_which_digit_moves_where_and_how_fast(digits):
    world = World(digits=digits, directions=tuple(DIRECTIONS))
    clips = world.sample(128, seed=0)
    labels = load("train").labels
    for k in range(digits):
        said = [parse(caption)[k] for caption in clips.caption]
        assert clips.digit[:, k].tolist() == labels[clips.index[:, k]].tolist() == [motion.digit for motion in said]
        way = torch.tensor([DIRECTIONS[motion.direction] for motion in said])
        first = steps(clips, k, 0, 2)
        speed = first.norm(dim=-1)
        assert torch.allclose(first / speed[..., None], way[:, None].expand_as(first), atol=1e-4)
        for motion, pace in zip(said, speed, strict=True):
            least, most = getattr(world, motion.speed)
            assert least - 1e-4 <= pace.min() and pace.max() <= most + 1e-4


@pytest.mark.parametrize("change", ["direction", "speed"])
def test_a_changed_motion_is_what_the_caption_says_from_half_way_on(change):
    world = World(change=change)
    clips = world.sample(128, seed=0)
    said = [parse(caption)[0] for caption in clips.caption]
    assert all(len(getattr(motion, f"{change}s")) == 2 for motion in said)
    for leg, first in ((0, 0), (1, world.turn)):
        moved = steps(clips, 0, first, 2)
        way = torch.tensor([DIRECTIONS[motion.directions[min(leg, len(motion.directions) - 1)]] for motion in said])
        assert torch.allclose(moved / moved.norm(dim=-1, keepdim=True), way[:, None].expand_as(moved), atol=1e-4)
        for motion, pace in zip(said, moved.norm(dim=-1), strict=True):
            least, most = getattr(world, motion.speeds[min(leg, len(motion.speeds) - 1)])
            assert least - 1e-4 <= pace.min() and pace.max() <= most + 1e-4


def test_a_changed_path_is_one_path():
    clips = World(change="direction").sample(64, seed=0)
    assert clips.position.diff(dim=1).norm(dim=-1).max() <= 1.8 + 1e-4, "no step is longer than the greatest speed"


def test_clips_do_what_they_are_told():
    world = World(digits=2, colour=True, change="direction")
    told = "a red 3 moves first right, then up, slowly and a blue 5 moves first up, then left, quickly"
    assert world.sample(4, seed=0, caption=told).caption == [told] * 4


def test_each_clip_is_told_its_own():
    told = [
        f"{'an' if d == 8 else 'a'} {d} moves {way}, {pace}"
        for d in range(10)
        for way in ("left", "up")
        for pace in SPEEDS
    ]
    clips = World().sample(40, seed=0, caption=told)
    assert clips.caption == told
    assert clips.digit[:, 0].tolist() == [d for d in range(10) for _ in range(4)]


def test_what_a_caption_leaves_open_is_drawn_as_without_it():
    free, told = World().sample(64, seed=0), World().sample(64, seed=0, caption="a 3 moves right")
    assert (told.digit == 3).all()
    assert [parse(line)[0].speed for line in free.caption] == [parse(line)[0].speed for line in told.caption]
    assert len({parse(line)[0].speed for line in told.caption}) == 2
    assert len(set(told.index.flatten().tolist())) > 20, "many writers' threes"


@pytest.mark.parametrize(
    ("world", "caption", "sentence"),
    [
        (World(), "a 3 moves right and a 5 moves up", r"speaks of 2 digit.*World\(digits=2\)"),
        (World(), "a red 3 moves right", r"names a colour.*World\(colour=True\)"),
        (World(), "a 3 moves first right, then up", r'changes its direction.*World\(change="direction"\)'),
        (World(change="speed"), "a 3 moves right, slowly", "must say both"),
        (World(), ["a 3 moves right"] * 3, "2 clips need one caption or 2; these are 3"),
        (World(), "a 3 moves rihgt", "did you mean right"),
    ],
)
def test_a_caption_that_the_world_cannot_obey_is_refused(world, caption, sentence):
    with pytest.raises(ValueError, match=sentence):
        world.sample(2, seed=0, caption=caption)


def test_no_clips_at_all_are_refused():
    with pytest.raises(ValueError, match="at least one clip; this is n=0"):
        World().sample(0, seed=0)


def test_chance_is_fair_over_digits_directions_and_speeds():
    clips = World().sample(4000, seed=0)
    said = [parse(line)[0] for line in clips.caption]
    for counts in (
        np.unique([motion.digit for motion in said], return_counts=True)[1],
        np.unique([motion.direction for motion in said], return_counts=True)[1],
        np.unique([motion.speed for motion in said], return_counts=True)[1],
    ):
        expected = 4000 / len(counts)
        assert ((counts - expected) ** 2 / expected).sum() < 28, (
            "chi-squared with at most 9 degrees of freedom, p = 0.001"
        )


def test_several_digits_are_of_different_classes_and_colours():
    clips = World(digits=3, colour=True).sample(200, seed=0)
    assert all(len(set(row)) == 3 for row in clips.digit.tolist())
    assert all(len({motion.colour for motion in parse(line)}) == 3 for line in clips.caption)
    assert all(sorted(row) == [0, 1, 2] for row in clips.depth.tolist())
    assert len(clips.depth[:, 0].unique()) == 3, "any digit of the caption may be the nearest"


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_a_world_shows_its_own_splits_digits_only(split):
    clips = World(split=split).sample(500, seed=0)
    labels = load(split).labels
    assert clips.index.max() < len(labels)
    assert torch.equal(labels[clips.index], clips.digit)


def test_gravity_bends_every_path_downwards_alike():
    clips = World(size=64, digit_size=10, gravity=0.05).sample(64, seed=0)
    velocity = clips.velocity[:, :, 0]
    free = torch.isinf(clips.bounce).all(-1)[:, 0]
    assert free.sum() > 20
    assert torch.allclose(
        velocity[free].diff(dim=1), torch.tensor([0.0, 0.05]).expand(int(free.sum()), 7, 2), atol=1e-5
    )


@pytest.mark.parametrize("options", [{}, {"change": "direction"}, {"change": "speed"}, {"drag": 0.1}, {"gravity": 0.2}])
def test_a_velocity_turns_round_when_a_wall_is_met_and_only_then(options):
    world = World(**options)
    clips = world.sample(256, seed=0)
    frame = torch.arange(world.frames - 1.0)[:, None, None]
    met = ((clips.bounce[:, None, 0] > frame[None, :, 0]) & (clips.bounce[:, None, 0] <= frame[None, :, 0] + 1)).sum(-1)
    axes = 1 if world.gravity else 2  # gravity turns a rising digit round in mid-air
    turned = (clips.velocity[:, 1:, 0, :axes] * clips.velocity[:, :-1, 0, :axes] < 0).sum(-1)
    if world.gravity:  # then the bounces at floor and ceiling are those at which it jumps upwards or downwards
        jump = clips.velocity[:, 1:, 0, 1] - clips.velocity[:, :-1, 0, 1] - world.gravity
        turned = turned + (jump.abs() > 1e-4)
    steps_of_one_leg = [step for step in range(world.frames - 1) if not (world.change and step == world.turn - 1)]
    assert met.sum() > 30
    assert torch.equal(met[:, steps_of_one_leg], turned[:, steps_of_one_leg])


def test_digits_turn_and_grow_steadily_up_to_the_worlds_limits_either_way():
    clips = World(size=32, rotation=15, scale=1.4).sample(256, seed=0)
    turns, growth = clips.angle[..., 0].rad2deg().diff(dim=1), clips.size[..., 0].log().diff(dim=1)
    for rates, limit in ((turns, 15.0), (growth, np.log(1.4) / 7)):
        assert torch.allclose(rates, rates[:, :1].expand_as(rates), atol=1e-3 * limit)
        assert 0.95 * limit < rates.max() <= limit * 1.0001 and -limit * 1.0001 <= rates.min() < -0.95 * limit
    assert (clips.angle[:, 0] == 0).all() and torch.allclose(
        clips.size[:, 0], torch.tensor(World(size=32, scale=1.4).side)
    )
