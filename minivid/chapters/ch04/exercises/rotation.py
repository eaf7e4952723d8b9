"""4.2: DDIM's step as a rotation."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart
from minivid.diffusion.angle import angle, rotate
from minivid.diffusion.objective import Video


def rotation_step(z: Video, v: Video, logsnr_t: torch.Tensor, logsnr_s: torch.Tensor) -> Video:
    """z at level t turned to level s, in the plane of z and v."""
    return rotate(z, v, angle(logsnr_s) - angle(logsnr_t))


def _step(seed: int, z: float = 1.0, v: float = 1.0, whole: bool = False) -> dict:
    """A step towards the clip; `whole` is one from noise to clip. z and v count as they are told to; v is longer, and not upright to z."""
    generator = torch.Generator().manual_seed(seed)
    clips = torch.randn(2, 2, 1, 3, 4, 4, generator=generator)
    logsnr_t, width = torch.rand(2, generator=generator) / 2 + torch.tensor([-1.0, 2.0])
    logsnr_s = logsnr_t + width
    if whole:
        logsnr_t, logsnr_s = logsnr_t - 6, logsnr_s + 8
    return {"z": clips[0] * z, "v": (clips[0] + 1.5 * clips[1]) * v, "logsnr_t": logsnr_t, "logsnr_s": logsnr_s}


_turned = returned("z")


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, v, t, s = inputs.values()
    turn = angle(s) - angle(t)
    quarter = torch.atan(torch.exp(-s)) - torch.atan(torch.exp(-t))  # of SNR, not of its root
    cos, sin = torch.cos, torch.sin

    def turned(by) -> torch.Tensor:
        return cos(by) * z + sin(by) * v

    mistakes = {
        # with v = 0 whoever steps along v, or not at all, has left z as it was
        "z is not shrunk by the cosine of the turn.": z + sin(turn) * v,
        "The sine of the turn is missing: δ v leads straight on along v, off the arc.": cos(turn) * z + turn * v,
        "It is turned away from the clip: δ = φₛ − φₜ is negative, and sin(δ) v is added.": turned(-turn),
        "The angle's tangent is σ/α = e^{−λ/2}; here it is taken of e^{−λ}.": turned(quarter),
        "The angle's tangent is σ/α = e^{−λ/2}; here it is taken of e^{−λ}, and turned the other way.": turned(
            -quarter
        ),
        "It is turned to φₛ from nothing: from φₜ to φₛ is φₛ − φₜ.": turned(angle(s)),
        "It is turned by φₜ, where z stands already: from φₜ to φₛ is φₛ − φₜ.": turned(angle(t)),
        "Sine and cosine are exchanged.": sin(turn) * z + cos(turn) * v,
        "The turn is in degrees: sine and cosine expect radians.": turned(torch.rad2deg(turn)),
        "The difference of the levels λ is taken for an angle.": turned(s - t),
        "Nothing of z is in it.": sin(turn) * v,
        "Nothing of v is in it.": cos(turn) * z,
    }
    return told_apart(arrays["z"], turned(turn), mistakes)


EXERCISE = Exercise(
    id="4.2",
    title="A step is a turn",
    points=2,
    stars=1,
    minutes=10,
    reference=rotation_step,
    answers=(rotation_step, rotate),
    probes=(
        Probe(
            "z alone",
            (
                "Where the network says v = 0, z should be shrunk by the cosine of the turn, and it is not.",
                "The turn is δ = φₛ − φₜ, with φ = arctan(σ/α) = arctan(e^{−λ/2}).",
                "`turn = torch.atan(torch.exp(-logsnr_s / 2)) - torch.atan(torch.exp(-logsnr_t / 2))`, and `torch.cos(turn) * z`.",
            ),
            partial(_step, v=0.0),
            _turned,
            _agrees,
        ),
        Probe(
            "v alone",
            (
                "What z adds is right. With z = 0 the answer should be sin(δ) v, with its sign.",
                "A step towards the clip makes the angle smaller, so that δ = φₛ − φₜ is negative, and v is subtracted.",
                "`torch.sin(turn) * v` with `turn` from t to s.",
            ),
            partial(_step, z=0.0),
            _turned,
            _agrees,
        ),
        Probe(
            "both",
            (
                "z alone and v alone are turned right; together they are not.",
                "It is the sum of the two, and nothing is done to it. What is turned is how much of x̂ and of ε̂ is in z; the length of z need not stay what it was.",
                "`torch.cos(turn) * z + torch.sin(turn) * v`.",
            ),
            _step,
            _turned,
            _agrees,
        ),
        Probe(
            "a quarter turn",
            (
                "Small steps are right. From all but pure noise to all but the clip, a quarter of the circle, it is not.",
                "Is the sine or the cosine replaced by what it is for small angles, or the turn or a level cut?",
                "`torch.sin(turn)`, for any turn.",
            ),
            partial(_step, whole=True),
            _turned,
            _agrees,
        ),
    ),
)
