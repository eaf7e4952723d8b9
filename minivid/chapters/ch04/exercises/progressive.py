"""4.8: what a student of fewer steps is taught, two of its teacher's steps solved for x̂."""

from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, describe, told_apart
from minivid.diffusion import distill
from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.schedule import COSINE, variance_preserving
from minivid.diffusion.solvers import step_with


def student_target(teacher, z: Video, logsnr_t: Tensor, logsnr_mid: Tensor, logsnr_s: Tensor) -> Video:
    """The x̂ with which one DDIM step from t to s ends where the teacher's two, over the middle, end; the teacher says v."""
    levels = (level.expand(len(z)) for level in (logsnr_t, logsnr_mid, logsnr_s))
    return distill.progressive_target(teacher, z, *levels, COSINE, Objective.V)


def _clip(seed: int, noise: bool = False) -> dict:
    """A clip at level t, the levels of the teacher's two steps, what the teacher says there; `noise`: t is the schedule's noisy end, and the clips are fewer."""
    generator = torch.Generator().manual_seed(seed)
    z, v = torch.randn(2, 2 if noise else 3, 1, 2, 4, 4, generator=generator)
    width, first = 1 + torch.rand(2, generator=generator)
    mid = -1.5 + torch.rand((), generator=generator)
    levels = {"logsnr_t": torch.tensor(-20.0) if noise else mid - first, "logsnr_mid": mid, "logsnr_s": mid + width}
    return {"z": z, "v": v, **levels}


def _v(inputs: dict, z: Tensor, t: Tensor) -> Tensor:
    """What the teacher says; another clip or another level, another answer."""
    return inputs["v"] * torch.cos(t / 5).reshape(-1, 1, 1, 1, 1) + 0.5 * z


def _taught(obj, inputs: dict) -> dict:
    asked, given = [], []
    weight = torch.ones((), requires_grad=True)

    def teacher(z, t, cond=None):
        if not isinstance(t, Tensor) or t.shape != (len(z),):
            raise WrongAnswer(
                f"the teacher was told {describe(t)} as its level; expected one number a clip, of shape ({len(z)},)"
            )
        asked.append(t.detach().clone())
        given.append(z.detach().clone())
        return weight * _v(inputs, z, t)

    out = obj(teacher, *(inputs[name].clone() for name in ("z", "logsnr_t", "logsnr_mid", "logsnr_s")))
    if len(asked) != 2:
        raise WrongAnswer(f"the teacher was called {len(asked)} times; two steps are two calls")
    taught = out.detach() if isinstance(out, Tensor) else out
    return {
        "asked": torch.stack(asked),
        "given": torch.stack(given),
        "follows": float(isinstance(out, Tensor) and out.requires_grad),
        "x": taught,
    }


def _way(inputs: dict) -> dict[str, Tensor]:
    """The two steps as they should be: both guesses, z in the middle and at the end."""
    z, t, mid, s = (inputs[name] for name in ("z", "logsnr_t", "logsnr_mid", "logsnr_s"))
    of_t, of_mid, of_s = (variance_preserving(level) for level in (t, mid, s))

    def guess(z: Tensor, level: Tensor, alpha: Tensor, sigma: Tensor) -> Tensor:
        return alpha * z - sigma * _v(inputs, z, level.expand(len(z)))

    first = guess(z, t, *of_t)
    z_mid = step_with(first, z, *of_t, *of_mid)
    second = guess(z_mid, mid, *of_mid)
    return {"first": first, "z_mid": z_mid, "second": second, "z_s": step_with(second, z_mid, *of_mid, *of_s)}


def _asked_right(arrays: Arrays, inputs: dict) -> bool | str:
    z, t, mid, s = (inputs[name] for name in ("z", "logsnr_t", "logsnr_mid", "logsnr_s"))
    n, way = len(z), _way(inputs)
    of_t, of_s = variance_preserving(t), variance_preserving(s)
    levels = {
        "The second question is put at the level of the end; expected that of the middle.": torch.stack([t, s]),
        "Both questions are put at the level of the beginning.": torch.stack([t, t]),
        "Both questions are put at the level of the middle.": torch.stack([mid, mid]),
        "The questions come in the wrong order: from the middle to the beginning.": torch.stack([mid, t]),
    }
    verdict = told_apart(
        arrays["asked"],
        torch.stack([t, mid])[:, None].expand(2, n),
        {said: pair[:, None].expand(2, n) for said, pair in levels.items()},
    )
    if verdict is not True:
        return verdict
    v, of_mid = _v(inputs, z, t.expand(n)), variance_preserving(mid)
    alpha, sigma = of_t
    shown = {
        "The second question is about z itself: the first step was not taken.": z,
        "The first step goes to the end, and should go to the middle.": step_with(way["first"], z, *of_t, *of_s),
        "The second question is about the first guess, and should be about z in the middle.": way["first"],
        "What the teacher says is v, and it was taken for x̂.": step_with(v, z, *of_t, *of_mid),
        "What the teacher says is v, and it was taken for ε.": step_with((z - sigma * v) / alpha, z, *of_t, *of_mid),
        "The sign of v is turned round: x̂ is α z − σ v.": step_with(alpha * z + sigma * v, z, *of_t, *of_mid),
    }
    return told_apart(
        arrays["given"], torch.stack([z, way["z_mid"]]), {said: torch.stack([z, one]) for said, one in shown.items()}
    )


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, t, mid, s = (inputs[name] for name in ("z", "logsnr_t", "logsnr_mid", "logsnr_s"))
    (alpha_t, sigma_t), (alpha_mid, sigma_mid), (alpha_s, sigma_s) = map(variance_preserving, (t, mid, s))
    way = _way(inputs)
    z_mid, z_s, second = way["z_mid"], way["z_s"], way["second"]
    target = distill.x_of_step(z, z_s, alpha_t, sigma_t, alpha_s, sigma_s)
    eps = (z - alpha_t * target) / sigma_t
    kept = sigma_s / sigma_t
    v_mid = _v(inputs, z_mid, mid.expand(len(z)))

    def solved(guess: Tensor, alpha: Tensor = alpha_mid, sigma: Tensor = sigma_mid) -> Tensor:
        """The target when the second step is made with this guess, from these α and σ."""
        ends = step_with(guess, z_mid, alpha, sigma, alpha_s, sigma_s)
        return distill.x_of_step(z, ends, alpha_t, sigma_t, alpha_s, sigma_s)

    mistakes = {
        "The second guess is made with α and σ of t, and should be with those of the middle.": solved(
            alpha_t * z_mid - sigma_t * v_mid
        ),
        "The second guess is made of z at t, and should be made of z in the middle.": solved(
            alpha_mid * z - sigma_mid * v_mid
        ),
        "The second step begins with α and σ of t, and should with those of the middle.": solved(
            second, alpha_t, sigma_t
        ),
        "This is z where two steps end: it is still to be solved for x̂.": z_s,
        "This is the teacher's second guess, the x̂ of a step that begins in the middle; the student's begins at t.": second,
        "The student's step has α and σ of the middle and z of t: one step, one level.": distill.x_of_step(
            z, z_s, alpha_mid, sigma_mid, alpha_s, sigma_s
        ),
        "The student's step has α and σ of t and z of the middle: one step, one level.": distill.x_of_step(
            z_mid, z_s, alpha_t, sigma_t, alpha_s, sigma_s
        ),
        "This is the student's step to the middle alone: the teacher's first guess.": way["first"],
        "This is the mean of the teacher's two guesses.": (way["first"] + second) / 2,
        "This is the target said in ε.": eps,
        "This is the target said in v.": alpha_t * eps - sigma_t * target,
        "The two ends are exchanged: the step is solved as if it went from s to t.": distill.x_of_step(
            z_s, z, alpha_s, sigma_s, alpha_t, sigma_t
        ),
        "What stands below the line is α of s alone: the step took something of α of t with it.": (z_s - kept * z)
        / alpha_s,
        "z is not subtracted with its share σ_s/σ_t.": (z_s - z) / (alpha_s - kept * alpha_t),
        "The division is missing.": z_s - kept * z,
        "Above the line stands a plus.": (z_s + kept * z) / (alpha_s - kept * alpha_t),
    }
    return told_apart(arrays["x"], target, mistakes)


def _held(arrays: Arrays, _: dict) -> bool | str:
    return not arrays["follows"] or "A gradient runs from the target back into the teacher's weights."


EXERCISE = Exercise(
    id="4.8",
    title="What a student of half as many steps is taught",
    points=4,
    stars=2,
    minutes=20,
    reference=student_target,
    answers=(student_target, distill.progressive_target, distill.x_of_step),
    probes=(
        Probe(
            "the teacher's two steps",
            (
                "The teacher was not asked what it should be asked in two steps of DDIM.",
                "First about z at t. Then about what that step made of it, at the level of the middle; the second step ends at s.",
                "`z_mid = step_with(x_hat, z, *t, *mid)`, then `teacher(z_mid, logsnr_mid.expand(len(z)), None)`.",
            ),
            _clip,
            _taught,
            _asked_right,
        ),
        Probe(
            "the student's one",
            (
                "The teacher is asked right, and one step with what came back does not end where the teacher's two end.",
                "A step with x̂ ends at (σ_s/σ_t) z + (α_s − (σ_s/σ_t) α_t) x̂. Where it ends is known, and so is z at t: solve for x̂.",
                "`(z_s - kept * z) / (alpha_s - kept * alpha_t)`, with `kept = sigma_s / sigma_t`.",
            ),
            _clip,
            _taught,
            _agrees,
        ),
        Probe(
            "from noise alone",
            (
                "In the middle of the schedule it is right; where the way begins, and z is noise alone, it is not.",
                "There α of t is almost 0. Is something divided by it? Said in ε, and brought back to x̂, it is.",
                "Solve for x̂ itself: what stands below the line is α_s − (σ_s/σ_t) α_t.",
            ),
            partial(_clip, noise=True),
            _taught,
            _agrees,
        ),
        Probe(
            "who learns",
            (
                "The numbers are right, and the student's loss would train the teacher too.",
                "The target is held fixed: nothing of it may lead back to the teacher's weights.",
                "Ask the teacher inside `with torch.no_grad():`, or `.detach()` what comes back.",
            ),
            _clip,
            _taught,
            _held,
        ),
    ),
)
