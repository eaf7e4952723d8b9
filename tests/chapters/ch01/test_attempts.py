"""Attempts that a reader made: no sentence that is said of one names another mistake."""

import pytest

from minivid.course import listing
from minivid.course.answers import answers_to
from minivid.course.probing import Verdict, examine

SAID = {
    ("1.1", "heads_forgotten"): "This is what one head keeps.",
    ("1.1", "clips_attend_to_one_another"): "as if all clips were one sequence",
    ("1.2", "identity_moves_pixels"): "Two conventions are mixed",
    ("1.2", "rows_first"): "x and y are exchanged",
    ("1.2", "components_exchanged"): "dx and dy are exchanged",
    ("1.2", "black_outside"): "it is 0, which is grid_sample's default",
    ("1.3", "numbers_for_truths"): "should hold true and false",
    ("1.3", "without_a_warp"): "taken at q",
    ("1.4", "reshaped_without_a_transpose"): "reshaped into the batch without a transpose",
    ("1.4", "trust_from_the_made_video"): "The trust is taken from the made video",
    ("1.6", "two_frames_not_halved"): "four times too much",
    ("1.6", "sign_forgotten"): "it is *minus* I_x I_t",
    ("1.7", "window_not_used"): "`window` was not used",
    ("1.7", "default_ridge"): "`ridge` was not used",
    ("1.7", "ridge_before_the_sum"): "The ridge counts window² times",
    ("1.7", "mean_for_sum"): "The ridge counts window² times",
    ("1.8", "reshaped_without_a_transpose"): "were reshaped into a field",
    ("1.8", "field_of_weighed_columns"): "made from the weighed rows",
    ("1.9", "minus_flow_for_back"): "−flow was taken",
    ("1.9", "rounds_added_up"): "Nothing of the frame before arrives",
    ("1.10", "numbers_for_truths"): "should hold true and false",
    ("1.10", "ratio_not_used"): "`ratio` was not used",
    ("1.10", "least_not_used"): "`least` was not used",
}


@pytest.mark.parametrize(("number", "name"), SAID, ids="-".join)
def test_what_is_said_of_an_attempt_is_its_own_mistake(number, name):
    exercise = listing.exercise(number)
    attempt = answers_to(exercise).named(name)
    for seed in (0, 3):
        outcome = examine(exercise, attempt.obj, seed)
        assert outcome.verdict is Verdict.WRONG and SAID[number, name] in outcome.message, outcome


def test_every_probe_has_a_hint_of_three_steps():
    for exercise in listing.written("01"):
        assert all(len(probe.hints) == 3 for probe in exercise.probes), exercise.id
