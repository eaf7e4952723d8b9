"""Section "How this goes wrong": the same network and noise, two sound samplers and three with one mistake each (chapter 4).

Tests in tests/chapters/ch04/test_clinic.py.
"""

from itertools import pairwise

import torch

from minivid.diffusion.angle import angle, rotate
from minivid.diffusion.objective import Level, Objective, Video
from minivid.diffusion.samplers import sample
from minivid.diffusion.schedule import COSINE
from minivid.diffusion.solvers import dpm_solver_2m


def clinic(model, noise: Video, steps: int, cond=None) -> dict[str, Video]:
    """DPM-Solver++(2M) and turns as they should be, and three patients; `model` says v and was trained on the cosine schedule."""
    levels = COSINE.logsnr(torch.linspace(1, 0, steps + 1))
    way = COSINE, Objective.V

    def other_sign(z, t, cond=None):
        """The network's v, read by code that says v = σ x − α ε."""
        return -model(z, t, cond)

    def stepping(step) -> Video:
        """Ask for v and step by the difference of two angles, to the end."""
        z = noise
        for logsnr_t, logsnr_s in pairwise(levels):
            with torch.no_grad():
                v = model(z, logsnr_t.expand(len(z)), cond)
            z = step(z, v, angle(logsnr_s) - angle(logsnr_t))
        return z

    def straight(z: Video, v: Video, turn: Level) -> Video:
        """Along the tangent, off the arc."""
        return z + turn * v

    def order_two_to_the_end() -> Video:
        """The last step, from where noise is still seen to λ = 20, is extrapolated too."""
        before, last = (x_hat for _, x_hat in list(dpm_solver_2m(model, noise, *way, steps, cond))[-2:])
        widths = levels.diff()
        return last + widths[-1] / widths[-2] / 2 * (last - before)

    return {
        "2M, healthy": sample(dpm_solver_2m(model, noise, *way, steps, cond)),
        "turns, healthy": stepping(rotate),
        "patient 1": sample(dpm_solver_2m(other_sign, noise, *way, steps, cond)),
        "patient 2": stepping(straight),
        "patient 3": order_two_to_the_end(),
    }


def clinic_table(clips: dict[str, Video]) -> str:
    """Mean, deviation and the share of values beyond ±1.2, which no real clip has."""
    lines = [f"{'':16}{'mean':>8}{'deviation':>12}{'beyond ±1.2':>14}"]
    for name, x in clips.items():
        lines.append(f"{name:16}{x.mean():>8.2f}{x.std():>12.2f}{(x.abs() > 1.2).float().mean():>14.1%}")
    return "\n".join(lines)
