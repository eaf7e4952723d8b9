"""What the student wrote is what runs: pieces that are right and quick stand in the network, in its training and in its drawing."""

from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch

from minivid import checkpoint, zoo
from minivid.chapters.ch03 import own
from minivid.course import listing
from minivid.course.answers import answers_to, solutions
from minivid.data import World, tokenize
from minivid.diffusion import sample
from minivid.nn import Cond, UNet
from minivid.nn.unet import Parts
from minivid.train import update

NAMES = list(own.TRIALS)
EXERCISES = {exercise.name: exercise for exercise in listing.written("03") if exercise.name in NAMES}
SOURCE = next((Path(__file__).parents[3] / "solutions").glob("03_*.py"))
WRITTEN = {name: solutions(SOURCE)[e.id].run(solutions(SOURCE)[e.id].cell, name) for name, e in EXERCISES.items()}
"""What a student who has solved everything has written."""
LIBRARY = {name: exercise.reference for name, exercise in EXERCISES.items()}
CAPTIONS = ["a 3 moves right, slowly", "a 7 moves up, quickly"]


@pytest.fixture(scope="module")
def used():
    return own.pieces(**WRITTEN)


def clips_of(network) -> torch.Tensor:
    """Drawn by the library, from its own noise."""
    return replace(zoo.load("vdm-small"), network=network).sample(CAPTIONS, seed=1, steps=3, eta=1.0)


def two_steps(used) -> tuple:
    """The laptop's run on these pieces, cut to two steps."""
    run = replace(zoo.recipe("vdm-laptop"), name="two", training=zoo.recipe("vdm-laptop").training.shortened(2))
    training = run.start(build=partial(UNet, run.network, own.parts(used)), update=own.step(used))
    for _ in training.steps(progress=False):
        pass
    return run, training


def test_every_piece_has_its_exercise_and_the_chapter_s_own_are_all_quick_enough(used):
    assert list(EXERCISES) == NAMES and used.own == NAMES, used
    assert all(used[name] is WRITTEN[name] for name in NAMES)
    assert own.trained(used) == [name for name in NAMES if name not in ("guide", "sampler")]


def test_without_a_right_answer_the_run_is_the_library_s_to_the_byte():
    nothing = own.pieces(**LIBRARY)
    assert nothing.own == [] and own.parts(nothing) == Parts() and own.step(nothing) is update
    (_, mine), shortened = two_steps(nothing), zoo.recipe("vdm-laptop").training.shortened(2)
    library = replace(zoo.recipe("vdm-laptop"), training=shortened).start()
    for _ in library.steps(progress=False):
        pass
    weights, others = mine.ema.state_dict(), library.ema.state_dict()
    assert all(torch.equal(weights[name], others[name]) for name in others)


def test_the_network_is_made_of_what_they_wrote(used):
    network = UNet(zoo.recipe("vdm-laptop").network, own.parts(used))
    assert isinstance(network.middle.block, WRITTEN["ResBlock"])
    assert isinstance(network.middle.temporal, WRITTEN["TemporalAttention"])
    asked = []
    words_seen = own.pieces(
        **LIBRARY | {"masked_mean": lambda w, m: (asked.append(w.shape), WRITTEN["masked_mean"](w, m))[1]}
    )
    network = UNet(zoo.recipe("vdm-laptop").network, own.parts(words_seen))
    asked.clear()
    network(torch.zeros(2, 1, 8, 16, 16), torch.zeros(2), Cond(*tokenize(CAPTIONS)))
    assert len(asked) == 1


def test_shipped_weights_make_the_same_clips_in_the_student_s_network(used):
    shipped = zoo.load("vdm-small")
    network = UNet(shipped.run.network, own.parts(used)).requires_grad_(False).eval()
    checkpoint.load_into(network, checkpoint.weights_of(shipped.network))
    torch.testing.assert_close(clips_of(network), clips_of(shipped.network), rtol=1e-4, atol=1e-4)


def test_the_student_s_run_is_the_library_s_to_rounding_and_its_file_makes_the_same_clips_there(used, tmp_path):
    run, training = two_steps(used)
    _, library = two_steps(own.pieces(**LIBRARY))
    torch.manual_seed(run.training.seed)
    start, weights = dict(run.network.build().named_parameters()), dict(library.ema.named_parameters())
    for name, mine in training.ema.named_parameters():
        # Muon makes every direction as long as the others: rounding grows with it
        assert (mine - weights[name]).norm() <= 0.1 * (weights[name] - start[name]).norm() + 1e-6, name
    assert any(not torch.equal(weights[name], start[name]) for name in weights)
    model = zoo.load_file(zoo.publish(run, training, tmp_path))
    assert type(model.network.middle.block) is not WRITTEN["ResBlock"]
    rounded = UNet(run.network, own.parts(used)).requires_grad_(False).eval()
    checkpoint.load_into(rounded, checkpoint.weights_of(model.network))
    torch.testing.assert_close(clips_of(model.network), clips_of(rounded), rtol=1e-4, atol=1e-4)


def test_the_student_s_guidance_and_loop_draw_what_the_library_s_would(used):
    model = zoo.load("vdm-small")
    told, start = Cond(*tokenize(CAPTIONS)), model.noise(2, 5)

    def drawn(guide, sampler):
        chance = torch.Generator().manual_seed(6)
        return sample(sampler(guide(model.network, 3.0), start, 4, told, chance))

    mine = drawn(used["guide"], used["sampler"])
    torch.testing.assert_close(mine, drawn(LIBRARY["guide"], LIBRARY["sampler"]), rtol=1e-2, atol=1e-2)


def test_a_piece_that_is_right_and_slow_is_left_out_and_said_so():
    frame_by_frame = answers_to(listing.exercise("3.5")).second.obj
    used = own.pieces(**LIBRARY | {"TemporalAttention": frame_by_frame, "guide": twice_asked})
    assert used.own == [] and own.parts(used) == Parts()
    assert "yours is right, and" in used.pieces["TemporalAttention"].why


def twice_asked(model, scale):
    """Right, and three times as many questions as need be."""

    def guided(z, t, cond=None):
        for _ in range(3):
            u, c = model(z, t, None), model(z, t, cond)
        return u + scale * (c - u)

    return guided


def test_the_trials_are_of_the_laptop_s_size():
    run = zoo.recipe("vdm-laptop")
    assert (64, run.training.batch, 8, 8) == (own.WIDTH, own.BATCH, own.FRAMES, own.SIDE)
    assert World(digit_size=10) == run.worlds[0]
