"""Attempts that a newcomer made and no probe declares: what the machinery says of them, and that no sentence names another mistake."""

from pathlib import Path

import pytest

from minivid.course import listing
from minivid.course.answers import answers_to, solutions
from minivid.course.probing import Verdict, examine

SOURCE = next((Path(__file__).parents[3] / "solutions").glob("03_*.py"))
VARIANCE = "(1 - kept) * sigma_s**2"

ATTEMPTS = {
    "clip_noised_in_place": (
        "3.1",
        ("return alpha * x + sigma * eps, eps", "return x.mul_(alpha).add_(sigma * eps), eps"),
        "arguments unchanged",
        "`x`",
    ),
    "numpy_noise_of_its_own_seed": (
        "3.1",
        (
            "torch.randn(x.shape, generator=generator)",
            "torch.randn(x.shape, generator=torch.Generator().manual_seed(0))",
        ),
        "fresh at each call",
        "repeated the first one's noise",
    ),
    "weights_left_out": (
        "3.1",
        ("alpha * x + sigma * eps, eps", "x + eps, eps"),
        "one clip",
        "Neither the clip nor the noise is weighed.",
    ),
    "variance_as_a_number": ("3.3", (VARIANCE, f"({VARIANCE}).item()"), "a tensor", "number"),
    "bias_hidden_in_place": (
        "3.5",
        ("bias = bias.masked_fill(~visible, -torch.inf)", "bias.masked_fill_(~visible, -torch.inf)"),
        "arguments unchanged",
        "`bias`",
    ),
    "features_normalised_in_place": (
        "3.5",
        ("b, _, _, h, w = x.shape", "b, _, _, h, w = x.shape\n        x.sub_(x.mean())"),
        "arguments unchanged",
        "`x`",
    ),
    "words_multiplied_in_place": (
        "3.6",
        ("(words * weights)", "words.mul_(weights)"),
        "arguments unchanged",
        "`words`",
    ),
    "mean_without_a_graph": (
        "3.6",
        ("return (words", "with torch.no_grad():\n        return (words"),
        "gradient flows",
        "gradient",
    ),
    "z_moved_in_place": (
        "3.8",
        (
            "alpha, sigma = variance_preserving(levels[i])",
            "alpha, sigma = variance_preserving(levels[i])\n        z.add_(0.01)",
        ),
        "arguments unchanged",
        "`z`",
    ),
    "gradients_left_off_for_all": (
        "3.10",
        ("with torch.enable_grad():", "torch.set_grad_enabled(False)\n    with torch.enable_grad():"),
        "gradients as they were",
        "switched otherwise",
    ),
    "z_made_to_want_a_gradient": (
        "3.10",
        ("z = z.detach().requires_grad_()", "z.requires_grad_()"),
        "arguments unchanged",
        "`requires_grad` on `z`",
    ),
    "known_frames_cleared_in_place": (
        "3.10",
        ("with torch.enable_grad():", "known[~mask] = 0\n    with torch.enable_grad():"),
        "arguments unchanged",
        "`known`",
    ),
}


@pytest.mark.parametrize("name", ATTEMPTS)
def test_an_attempt_is_refused_for_what_it_did(name):
    number, edit, probe, words = ATTEMPTS[name]
    exercise, solution = listing.exercise(number), solutions(SOURCE)[number]
    outcome = examine(exercise, solution.run(solution.edited([edit]), exercise.name), 0)
    assert outcome.verdict is Verdict.WRONG
    assert (outcome.probe, words in outcome.message) == (probe, True), outcome


@pytest.mark.parametrize("exercise", listing.written("03"), ids=lambda exercise: exercise.id)
def test_every_hint_has_its_three_sentences_and_none_is_said_twice(exercise):
    """What is off, where, the line: a probe's sentences are its own, and what it says first is no line of code."""
    for probe in exercise.probes:
        assert len(probe.hints) == 3, probe.name
    first = [probe.hints[0] for probe in exercise.probes]
    assert len(set(first)) == len(first)
    assert answers_to(exercise).right, "what a probe might refuse"
