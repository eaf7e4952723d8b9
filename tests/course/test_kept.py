"""A notebook's training: found again after a restart, never over another one's."""

import json
from dataclasses import replace

import pytest

from minivid.course.kept import OWN, kept
from minivid.data import VOCABULARY, World
from minivid.nn import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig, Training

NETWORK = UNetConfig(widths=(8, 16), heads=2, vocabulary=len(VOCABULARY), dim_text=16)
RUN = Run("mine", NETWORK, training=TrainConfig(steps=4, batch=2, warmup=1, save_every=2), worlds=(World(frames=4),))


def taken(training: Training, steps: int = 4) -> Training:
    for record in training.steps(progress=False):
        if record.step == steps:
            break
    return training


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "runs" / "chapter"


def test_a_run_that_is_finished_is_found_again_and_takes_no_step(folder):
    first = taken(kept(RUN, folder, ["ResBlock"]))
    again = kept(RUN, folder, ["ResBlock"])
    assert again.step == 4 and list(again.steps(progress=False)) == [] and again.out == folder
    assert all((a == b).all() for a, b in zip(first.ema.parameters(), again.ema.parameters(), strict=True))


def test_a_run_that_was_stopped_goes_on_from_what_was_saved(folder):
    taken(kept(RUN, folder, []), steps=3)
    assert kept(RUN, folder, []).step == 2


def test_a_run_that_was_not_yet_saved_begins_again_in_its_folder(folder):
    taken(kept(RUN, folder, []), steps=1)
    training = kept(RUN, folder, ["guide"])
    assert training.step == 0 and training.out == folder and json.loads((folder / OWN).read_text()) == ["guide"]


@pytest.mark.parametrize(
    ("other", "own"),
    [
        (replace(RUN, training=replace(RUN.training, batch=4)), []),
        (replace(RUN, network=replace(NETWORK, widths=(16, 32))), []),
        (replace(RUN, worlds=(World(frames=2),), clip=None), []),
        (RUN, ["ResBlock"]),
    ],
    ids=["settings", "network", "clips", "pieces"],
)
def test_another_run_gets_a_folder_of_its_own_and_both_stay(folder, other, own):
    first = taken(kept(RUN, folder, []))
    before = Training.state_file(folder).read_bytes()
    second = taken(kept(other, folder, own))
    assert second.out == folder.with_name("chapter-2")
    assert Training.state_file(folder).read_bytes() == before
    assert kept(RUN, folder, []).out == first.out and kept(other, folder, own).out == second.out


def test_a_state_of_which_nothing_is_known_is_left_alone(folder):
    taken(RUN.start(folder))
    (folder / "run.json").unlink(missing_ok=True)
    assert kept(RUN, folder, []).out == folder.with_name("chapter-2")
    (folder / OWN).write_text("{ not json")
    assert kept(RUN, folder, []).out == folder.with_name("chapter-2")


def test_how_it_is_built_and_what_a_step_does_are_handed_on(folder):
    made = []

    def build():
        made.append(NETWORK.build())
        return made[-1]

    training = kept(RUN, folder, [], build=build, update=lambda *_: (1.0, 2.0))
    assert training.model is made[0] and [record.loss for record in training.steps(progress=False)] == [1.0] * 4
