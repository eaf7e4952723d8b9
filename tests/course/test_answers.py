"""Wrong answers are edits of the chapter's own solution, and an edit that no longer fits says which it is."""

from pathlib import Path

import pytest

from minivid.course import listing
from minivid.course.answers import EditError, answers_in, answers_to, solutions
from minivid.course.probing import Verdict, examine

SMALL = solutions(Path(__file__).parent / "03_small.py")
EXERCISE = listing.exercise("3.3")


def with_mistakes(tmp_path, mistakes: str):
    """The answers to 3.3 that a file with these mistakes of the first probe gives."""
    file = tmp_path / "ex_3_3.py"
    file.write_text(f"def SECOND(x, z_t, logsnr_s, logsnr_t):\n    return x, 1\n\nWRONG = {{'variance': {mistakes}}}\n")
    return answers_in(file, EXERCISE, SMALL[EXERCISE.id])


def test_a_chapter_s_own_solutions_are_right_where_they_stand():
    assert set(SMALL) >= {"3.1", "3.3", "3.5"}
    for exercise_id in ("3.1", "3.3", "3.5"):
        exercise = listing.exercise(exercise_id)
        right = SMALL[exercise_id].run(SMALL[exercise_id].cell, exercise.name)
        assert examine(exercise, right, 0).verdict is Verdict.PASSED


def test_an_edit_is_the_solution_with_one_thing_wrong(tmp_path):
    (attempt,) = with_mistakes(tmp_path, "{'not_squared': ('sigma_s**2', 'sigma_s')}").wrong["variance"]
    assert attempt.name == "not_squared"
    assert attempt.cell == SMALL["3.3"].cell.replace("sigma_s**2", "sigma_s") != SMALL["3.3"].cell
    assert examine(EXERCISE, attempt.obj, 0).probe == "variance"


def test_edits_are_made_one_after_the_other(tmp_path):
    (attempt,) = with_mistakes(tmp_path, "{'twice': [('sigma_s**2', 'sigma_s**3'), ('sigma_s**3', '1')]}").wrong[
        "variance"
    ]
    assert "return mean, (1 - kept) * 1\n" in attempt.cell


def test_a_function_is_taken_as_it_is_and_its_cell_holds_the_file(tmp_path):
    answers = with_mistakes(tmp_path, "{'second': SECOND}")
    assert answers.named("second").obj is answers.second.obj
    assert answers.second.cell.endswith("posterior = SECOND\nposterior = check('3.3', posterior)")


@pytest.mark.parametrize(("old", "times"), [("sigma_s ** 2", 0), ("kept", 4)])
def test_an_edit_that_does_not_stand_there_once_is_named(tmp_path, old, times):
    with pytest.raises(EditError, match=rf"ex_3_3\.py, 'stale': `.*` stands {times} times in the solution"):
        with_mistakes(tmp_path, f"{{'stale': ({old!r}, '')}}")


def test_an_answer_s_code_is_the_student_s_so_that_borrowing_is_seen():
    borrowed = SMALL["3.3"].run(
        "from minivid.diffusion.bound import posterior as library\n"
        "def posterior(x, z_t, logsnr_s, logsnr_t):\n    return library(x, z_t, logsnr_s, logsnr_t)\n",
        "posterior",
    )
    assert "which is the answer" in examine(EXERCISE, borrowed, 0).message


def test_every_exercise_has_its_answers():
    for number in listing.folders():
        for exercise in listing.written(number):
            assert answers_to(exercise).wrong


def test_more_right_answers_may_stand_there_as_edits_or_as_functions(tmp_path):
    file = tmp_path / "ex_3_2.py"
    second = "def SECOND(x, z_t, logsnr_s, logsnr_t):\n    return x, 1\n\n"
    file.write_text(
        f"{second}RIGHT = {{'squared': ('sigma_s**2', 'sigma_s.square()'), 'whole': SECOND}}\nWRONG = {{}}\n"
    )
    squared, whole = answers_in(file, EXERCISE, SMALL[EXERCISE.id]).right
    assert "sigma_s.square()" in squared.cell and examine(EXERCISE, squared.obj, 0).verdict is Verdict.PASSED
    assert whole.name == "whole" and whole.obj.__name__ == "SECOND"
    file.write_text(f"{second}WRONG = {{}}\n")
    assert answers_in(file, EXERCISE, SMALL[EXERCISE.id]).right == []
