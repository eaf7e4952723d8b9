"""What `check`, `award` and `summary` say and give back, in a notebook's kernel and outside one."""

import importlib
import io
from contextlib import redirect_stdout
from dataclasses import replace

import pytest
import torch

from minivid.course import award, check, hint, listing, summary
from minivid.course.probing import examine
from minivid.diffusion.bound import posterior as library_posterior

module = importlib.import_module("minivid.course.check")  # the package's `check` is the function


@pytest.fixture(autouse=True)
def fresh_kernel(monkeypatch):
    monkeypatch.setattr(module, "_checked", {})
    monkeypatch.delenv("MINIVID_GRADING", raising=False)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def said(function, *arguments):
    """What a call returns and prints."""
    out = io.StringIO()
    with redirect_stdout(out):
        result = function(*arguments)
    return result, out.getvalue()


def stub(x, z_t, logsnr_s, logsnr_t):
    raise NotImplementedError("Exercise 3.3 is not written yet.")


def right(x, z_t, logsnr_s, logsnr_t):
    kept = torch.exp(logsnr_t - logsnr_s)
    alpha_s, alpha_t = torch.sigmoid(logsnr_s).sqrt(), torch.sigmoid(logsnr_t).sqrt()
    return kept * alpha_s / alpha_t * z_t + (1 - kept) * alpha_s * x, (1 - kept) * torch.sigmoid(-logsnr_s)


def wrong(x, z_t, logsnr_s, logsnr_t):
    mean, variance = right(x, z_t, logsnr_s, logsnr_t)
    return mean, variance.sqrt()


def broken(x, z_t, logsnr_s, logsnr_t):
    mean = x + z_t
    return mean.no_such_thing


def borrower(x, z_t, logsnr_s, logsnr_t):
    return library_posterior(x, z_t, logsnr_s, logsnr_t)


def test_a_right_answer_is_given_back_and_said_to_be_the_student_s():
    result, text = said(check, "3.3", right)
    assert result is right
    assert "passed" in text
    assert "your `posterior`" in text


def test_a_wrong_answer_gets_the_hint_for_its_mistake_and_the_library_s_object():
    result, text = said(check, "3.3", wrong)
    assert result is library_posterior
    assert "(1 − exp(λₜ − λₛ)) σₛ²" in text
    assert "library's `posterior`" in text


def test_a_stub_is_not_attempted():
    result, text = said(check, "3.3", stub)
    assert result is library_posterior
    assert "not attempted" in text


def test_an_operation_that_torch_lacks_is_an_error_and_no_stub():
    def unsupported(x, z_t, logsnr_s, logsnr_t):
        return torch.linalg.qr(x.half()), 0

    _, text = said(check, "3.3", unsupported)
    assert "Your code raised" in text


def test_an_exception_is_a_sentence_with_its_type_message_and_line():
    result, text = said(check, "3.3", broken)
    assert result is library_posterior
    line = broken.__code__.co_firstlineno + 2
    assert f"AttributeError on line {line} of your cell (`return mean.no_such_thing`)" in text
    assert "no attribute 'no_such_thing'" in text


@pytest.mark.parametrize("obj", [None, 3, ..., torch.nn.Linear, "posterior", SystemExit, lambda: 1, exit])
def test_whatever_it_is_given_check_does_not_raise(obj):
    result, text = said(check, "3.3", obj)
    assert result is library_posterior
    assert "not yet" in text


def test_an_unknown_exercise_is_a_sentence_and_the_object_is_given_back():
    result, text = said(check, "3.77", right)
    assert result is right
    assert "There is no exercise '3.77'" in text


@pytest.mark.parametrize("answer", [right, wrong, stub])
def test_given_what_it_returned_it_repeats_the_verdict(answer):
    result, first = said(check, "3.3", answer)
    again, second = said(check, "3.3", result)
    assert again is result
    assert second == first


def test_a_corrected_answer_is_judged_anew():
    said(check, "3.3", wrong)
    assert said(check, "3.3", right)[0] is right


def test_a_direct_call_to_the_answer_is_refused_and_a_call_by_the_library_is_not():
    _, text = said(check, "3.3", borrower)
    assert "which is the answer" in text
    assert examine(listing.exercise("3.5"), listing.exercise("3.3").reference, 0).message.endswith("expected a class.")


def test_an_answer_that_inherits_or_wraps_the_library_s_is_refused():
    reference = listing.exercise("3.5").reference
    _, text = said(check, "3.5", type("TemporalAttention", (reference,), {}))
    assert "library's own" in text


def test_check_leaves_the_random_state_and_the_gradient_mode_alone():
    torch.manual_seed(3)
    with torch.no_grad():
        before = torch.get_rng_state()
        said(check, "3.1", lambda x, logsnr, generator: (torch.randn_like(x), torch.randn_like(x)))
        assert torch.equal(torch.get_rng_state(), before)
        assert not torch.is_grad_enabled()


def test_award_prints_points_and_raises_only_when_grading(monkeypatch):
    said(check, "3.3", wrong)
    assert "0 of 3 points" in said(award, "3.3")[1]
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(AssertionError, match="0 of 3 points"):
        award("3.3")
    said(check, "3.3", right)
    assert "3 of 3 points" in said(award, "3.3")[1]


def test_award_without_check_says_so_and_gives_nothing(monkeypatch):
    assert "not checked" in said(award, "3.1")[1]
    monkeypatch.setenv("MINIVID_GRADING", "award")
    with pytest.raises(AssertionError, match="not checked"):
        award("3.1")


def test_the_summary_adds_up_in_text_and_html():
    said(check, "3.3", right)
    said(check, "3.1", wrong)
    total = sum(exercise.points for exercise in listing.exercises("03"))
    assert f"3 / {total}" in said(summary, "03")[1]
    assert f"<b>3 / {total}</b>" in module._table("03")._repr_html_()


def with_hint(monkeypatch, hint) -> None:
    """3.3 with its probe of the variance alone, and another hint in it."""
    exercise = listing.exercise("3.3")
    (variance,) = (probe for probe in exercise.probes if probe.name == "variance")
    told = replace(exercise, probes=(replace(variance, hint=hint),))
    monkeypatch.setattr(listing, "exercise", lambda _: told)


@pytest.fixture
def graded_hints(monkeypatch):
    with_hint(monkeypatch, ("The variance is off.", "Look at σₛ.", "Write `sigma_s**2`."))


def test_of_three_hints_the_first_is_said_and_the_next_is_a_call_away(graded_hints):
    text = said(check, "3.3", wrong)[1]
    assert "The variance is off.\n" in text and text.endswith('Where? `hint("3.3", "where")` says more.\n')
    assert said(hint, "3.3")[1] == 'Look at σₛ.\nThe line? `hint("3.3", "line")` says more.\n'
    assert said(hint, "3.3", "line")[1] == "Write `sigma_s**2`.\n"
    assert said(hint, "3.1")[1].startswith("There is no hint of this kind for exercise 3.1")


def test_in_a_notebook_the_further_hints_are_folded_away_and_no_call_is_needed(graded_hints):
    said(check, "3.3", wrong)
    page = module._card(listing.exercise("3.3"), module._checked["3.3"].outcome)._repr_html_()
    assert "The variance is off." in page.split("<details")[0] and "hint(" not in page
    assert "<summary>where?</summary>Look at σₛ.</details>" in page
    assert "<summary>the line?</summary>Write <code>sigma_s**2</code>.</details>" in page


def test_a_hint_of_one_sentence_has_nothing_folded_away(monkeypatch):
    with_hint(monkeypatch, "The variance is off.")
    said(check, "3.3", wrong)
    card = module._card(listing.exercise("3.3"), module._checked["3.3"].outcome)
    assert "<details" not in card._repr_html_() and "hint(" not in repr(card)


def test_cards_escape_what_a_student_s_error_says():
    def hostile(x, z_t, logsnr_s, logsnr_t):
        raise ValueError("<script>alert(1)</script>")

    said(check, "3.3", hostile)
    card = module._card(listing.exercise("3.3"), module._checked["3.3"].outcome)
    assert "<script>" not in card._repr_html_()
    assert "&lt;script&gt;" in card._repr_html_()
