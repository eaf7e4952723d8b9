"""What holds of every exercise that a trained model answers: untrained ones and the course's own earn nothing, and a minute is enough."""

import time
from dataclasses import replace

import pytest
import torch

from minivid import zoo
from minivid.course import listing
from minivid.course.outcome import Verdict
from minivid.course.own_model import OwnModel, judge, marked
from minivid.zoo import Model

EXERCISES = [one for number in listing.folders() for one in listing.exercises(number) if isinstance(one, OwnModel)]
MINUTE = 60

by_id = pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)


@by_id
@pytest.mark.usefixtures("as_in_a_notebook")
def test_an_untrained_model_earns_nothing_and_is_measured_in_a_minute_of_one_core(exercise):
    torch.manual_seed(0)
    model = Model(exercise.recipe, exercise.recipe.network.build().eval())
    before, threads = time.process_time(), torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        outcome = marked(exercise, model, seed=1)
    finally:
        torch.set_num_threads(threads)
    assert time.process_time() - before < MINUTE
    assert outcome.points_of(exercise.points) == 0, outcome.message
    assert len(outcome.message.splitlines()) == len(exercise.marks)


@by_id
@pytest.mark.parametrize("name", [name for name in zoo.RECIPES if (zoo.WEIGHTS / f"{name}.safetensors").is_file()])
def test_what_the_course_ships_earns_nothing_even_where_its_clips_would_fit(exercise, name):
    exercise = replace(exercise, recipe=zoo.load(name).run)
    outcome = judge(exercise, zoo.WEIGHTS / f"{name}.safetensors", seed=1)
    assert outcome.verdict is Verdict.WRONG and f"those of {name}, which comes with the course" in outcome.message


@by_id
def test_a_run_that_counts_is_no_longer_than_the_recipe(exercise):
    assert 0 < exercise.least_steps <= exercise.recipe.training.steps
