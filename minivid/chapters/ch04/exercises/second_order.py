"""4.6: DPM-Solver++(2M)'s step, which remembers one guess."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart
from minivid.diffusion.objective import Video
from minivid.diffusion.schedule import variance_preserving
from minivid.diffusion.solvers import dpm_solver_2m, step_with


def two_m_step(
    z: Video, x_hat: Video, before: Video | None, logsnr_r: Tensor, logsnr_t: Tensor, logsnr_s: Tensor
) -> Video:
    """From t to s, x̂ on a straight line in λ through the guess at t and the one `before`, at r; DDIM's step where there is none."""
    ahead = x_hat
    if before is not None:
        ahead = x_hat + (logsnr_s - logsnr_t) / (logsnr_t - logsnr_r) / 2 * (x_hat - before)
    return step_with(ahead, z, *variance_preserving(logsnr_t), *variance_preserving(logsnr_s))


def _guesses(seed: int, first: bool = False, even: bool = False, still: bool = False) -> dict:
    """`first`: there is no guess before. `even`: both steps are equally wide in λ. `still`: the guess did not change."""
    generator = torch.Generator().manual_seed(seed)
    z, x_hat, before = torch.randn(3, 2, 1, 3, 4, 4, generator=generator)
    logsnr_t, width, widths = torch.rand(3, generator=generator) * torch.tensor([2.0, 0.5, 1.0]) + torch.tensor(
        [-2.0, 0.8, 1.6]
    )
    width_before = width if even else width / widths
    return {
        "z": z,
        "x_hat": x_hat,
        "before": None if first else x_hat.clone() if still else before,
        "logsnr_r": logsnr_t - width_before,
        "logsnr_t": logsnr_t,
        "logsnr_s": logsnr_t + width,
    }


_arrived = returned("z")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, x_hat, before, r, t, s = inputs.values()
    ends = alpha_t, sigma_t, alpha_s, sigma_s = *variance_preserving(t), *variance_preserving(s)

    def arrived(ahead: Tensor) -> Tensor:
        return step_with(ahead, z, *ends)

    mistakes = {}
    if before is not None:
        ratio, change = (s - t) / (t - r), x_hat - before
        mistakes = {
            "The guess before is not in it: that is DDIM's step.": arrived(x_hat),
            "The line is followed twice as far: the middle of the step is meant, half of s − t beyond t.": arrived(
                x_hat + ratio * change
            ),
            "The line was followed for x̂, and ε̂ is still read with the x̂ at t: both belong to one guess.": alpha_s
            * (x_hat + ratio / 2 * change)
            + sigma_s * (z - alpha_t * x_hat) / sigma_t,
            "The ratio of the widths is upside down.": arrived(x_hat + change / ratio / 2),
            "The widths of the two steps do not count, as if they were equal.": arrived(x_hat + change / 2),
            "The widths are multiplied, and should be divided.": arrived(x_hat + (s - t) * (t - r) / 2 * change),
            "The step's width is not divided by the width of the one before.": arrived(x_hat + (s - t) / 2 * change),
            "This lies between the two guesses, and the line is followed beyond the newer one: x̂ + … · (x̂ − before).": arrived(
                x_hat - ratio / 2 * change
            ),
            "The step is taken with the guess before alone.": arrived(before),
            "The width before reaches from r to s, and should from r to t.": arrived(
                x_hat + (s - t) / (s - r) / 2 * change
            ),
        }
    mistakes |= {
        "This is x̂ on the straight line, before the step is taken.": x_hat
        if before is None
        else x_hat + (s - t) / (t - r) / 2 * (x_hat - before),
        "The step goes from s to t, the wrong way.": step_with(x_hat, z, alpha_s, sigma_s, alpha_t, sigma_t),
        "The step begins at r, and z stands at t.": step_with(x_hat, z, *variance_preserving(r), alpha_s, sigma_s),
        "z did not move.": z,
    }
    return told_apart(
        arrays["z"], arrived(x_hat if before is None else x_hat + (s - t) / (t - r) / 2 * (x_hat - before)), mistakes
    )


EXERCISE = Exercise(
    id="4.6",
    title="A step that remembers",
    points=3,
    stars=2,
    minutes=15,
    reference=two_m_step,
    answers=(two_m_step, dpm_solver_2m),
    probes=(
        Probe(
            "the first step",
            (
                "Where there is no guess before (`before` is None) the step should be DDIM's.",
                "With one guess there is no line: x̂ is held.",
                "`ahead = x_hat if before is None else …`, then `step_with(ahead, z, *variance_preserving(logsnr_t), *variance_preserving(logsnr_s))`.",
            ),
            partial(_guesses, first=True),
            _arrived,
            _agrees,
        ),
        Probe(
            "a guess that stays",
            (
                "The first step is right. Where both guesses are the same, the step should still be DDIM's, and is not.",
                "A line through two equal guesses is level: whatever is added to x̂ is a multiple of x̂ − before.",
                "`x_hat + … * (x_hat - before)`.",
            ),
            partial(_guesses, still=True),
            _arrived,
            _agrees,
        ),
        Probe(
            "equal widths",
            (
                "After a step of the same width it should be taken with x̂ + ½ (x̂ − before), and is not.",
                "The line goes through both guesses; in the middle of the step it has gone half a step beyond the second.",
                "`x_hat + (logsnr_s - logsnr_t) / (logsnr_t - logsnr_r) / 2 * (x_hat - before)`.",
            ),
            partial(_guesses, even=True),
            _arrived,
            _agrees,
        ),
        Probe(
            "other widths",
            (
                "Where both steps are equally wide it is right, where they are not it is not.",
                "The line's slope is (x̂ − before) over the width *before*, t − r in λ, and it is followed for half of the width *now*, s − t.",
                "`(logsnr_s - logsnr_t) / (logsnr_t - logsnr_r) / 2`.",
            ),
            _guesses,
            _arrived,
            _agrees,
        ),
    ),
)
