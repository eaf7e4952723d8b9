"""4.9: MeanFlow's target, the velocity minus what the average velocity changes by on the way."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, all_of, told_apart
from minivid.diffusion.distill import mean_flow_target
from minivid.diffusion.schedule import like


def _step(seed: int, still: bool = False, moves: bool = True, ages: bool = True) -> dict:
    """Clips, their velocity, both times, and what u depends on. `still`: r = t. `moves`: on z. `ages`: on r and on t.

    As many clips as pixels in a row: a factor for each clip that is shaped wrongly would pass, and change columns.
    """
    generator = torch.Generator().manual_seed(seed)
    z, v = torch.randn(2, 4, 1, 2, 3, 4, generator=generator)
    first, second = torch.rand(2, 4, generator=generator)
    r = 0.1 + 0.3 * first
    of_z, of_r, of_t = 0.5 + torch.rand(3, generator=generator)
    return {
        "z": z,
        "v": v,
        "r": r,
        "t": r.clone() if still else r + 0.15 + 0.4 * second,
        "of_z": of_z * moves,
        "of_r": of_r * ages,
        "of_t": of_t * ages,
    }


def _average(inputs: dict) -> Callable[[Tensor, Tensor, Tensor], Tensor]:
    """A smooth u(z, r, t) of whatever these inputs say that it depends on."""

    def u(z: Tensor, r: Tensor, t: Tensor) -> Tensor:
        return torch.sin(inputs["of_z"] * z + inputs["of_r"] * like(r, z) + inputs["of_t"] * like(t * t, z)) + 0.5

    return u


def _asked(obj, inputs: dict) -> dict:
    given = (inputs[name].clone() for name in ("z", "v", "r", "t"))
    return {"target": obj(_average(inputs), *given)}


def _products(inputs: dict) -> tuple[Tensor, Tensor, Tensor]:
    """What u changes by along z (times v), r and t, each alone: its derivative is the cosine."""
    z, v, r, t = (inputs[name] for name in ("z", "v", "r", "t"))
    slope = torch.cos(inputs["of_z"] * z + inputs["of_r"] * like(r, z) + inputs["of_t"] * like(t * t, z))
    return slope * inputs["of_z"] * v, slope * inputs["of_r"], slope * inputs["of_t"] * 2 * like(t, z)


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, v, r, t = (inputs[name] for name in ("z", "v", "r", "t"))
    along_z, along_r, along_t = _products(inputs)
    change, gap, u = along_z + along_t, like(t - r, z), _average(inputs)(z, r, t)
    mistakes = {
        "u itself, what the network says now, stands where v should.": u,
        "How u changes on the way is not in it: z moves with v there, and t by 1.": v,
        "This is du/dt alone.": change,
        "The length of the step, t − r, is not in it.": v - change,
        "(t − r) du/dt is added, and should be subtracted (with tangents v and 1, not −v and −1).": v + gap * change,
        "It begins with u, and should begin with v.": u - gap * change,
        "The step's length is t − r; here it is one of the two times.": v - like(t, z) * change,
        "The step's length is t − r; here it is r alone.": v - like(r, z) * change,
        "The step's length is t − r, not its square.": v - gap**2 * change,
        "The lengths of the steps multiply columns, and should multiply clips, each its own: `like(t - r, z)`.": v
        - (t - r) * change,
        "One step's length multiplies all clips, and each has its own.": v - (t - r).mean() * change,
        "r moves and t stands still: the tangents of r and t are exchanged.": v - gap * (along_z + along_r),
        "r moves too, and it is where the step ends: its tangent is 0.": v - gap * (change + along_r),
        "Time does not run: the tangent of t is 1.": v - gap * along_z,
        "Time runs backwards: the tangent of t is 1, not −1.": v - gap * (along_z - along_t),
        "z stands still, and it moves with the velocity v.": v - gap * along_t,
        "z moves by z, and should move by v.": v
        - gap * (torch.where(v == 0, torch.zeros(()), along_z / v) * z + along_t),
        "z moves against the velocity v.": v - gap * (along_t - along_z),
        "z moves by u, what the network says, and should by v.": v
        - gap * (torch.where(v == 0, torch.zeros(()), along_z / v) * u + along_t),
        "z moves by 1 everywhere, and should by v.": v
        - gap * (torch.where(v == 0, torch.zeros(()), along_z / v) + along_t),
    }
    return told_apart(arrays["target"], v - gap * change, mistakes)


def _trained(obj, inputs: dict) -> dict:
    """The same with a u that has a weight, as a network has."""
    weight = torch.ones((), requires_grad=True)
    given = (inputs[name].clone() for name in ("z", "v", "r", "t"))
    target = obj(lambda z, r, t: weight * _average(inputs)(z, r, t), *given)
    return {"target": target, "held": isinstance(target, Tensor) and not target.requires_grad}


def _is_held(arrays: Arrays, inputs: dict) -> bool | str:
    held = bool(arrays["held"]) or "A gradient would flow through the target into the network."
    return all_of(_agrees(arrays, inputs), held)


EXERCISE = Exercise(
    id="4.9",
    title="The average velocity's target",
    points=4,
    stars=3,
    minutes=25,
    reference=mean_flow_target,
    probes=(
        Probe(
            "no way at all",
            (
                "At r = t, a step without length, the target should be v to the last digit, and is not.",
                "There (t − r) du/dt is 0, whatever du/dt is.",
                "`v - like(t - r, z) * du_dt`: the velocity, less a product that vanishes.",
            ),
            partial(_step, still=True),
            _asked,
            _agrees,
        ),
        Probe(
            "u changes with z",
            (
                "At r = t it is right. Where u depends on z alone, and the step has a length, it is not.",
                "On the way z moves with the velocity v, so u changes by its derivative in z times v, a product that `torch.func.jvp` gives; "
                "that, times the step's length t − r, is taken from v.",
                "`_, du_dt = torch.func.jvp(u, (z, r, t), (v, …, …))`, then `v - like(t - r, z) * du_dt`.",
            ),
            partial(_step, ages=False),
            _asked,
            _agrees,
        ),
        Probe(
            "u changes with r and t",
            (
                "Where u depends on z alone it is right. Where it depends on both times, it is not.",
                "The step's end r stands still and t runs: the tangent of r is 0 and that of t is 1, each of the shape of its time.",
                "`torch.func.jvp(u, (z, r, t), (v, torch.zeros_like(r), torch.ones_like(t)))`.",
            ),
            partial(_step, moves=False),
            _asked,
            _agrees,
        ),
        Probe(
            "all at once",
            (
                "In z alone and in the times alone it is right; where u depends on all three, it is not.",
                "One product with all three tangents: their shares add up.",
                "`torch.func.jvp(u, (z, r, t), (v, torch.zeros_like(r), torch.ones_like(t)))`, one call.",
            ),
            _step,
            _asked,
            _agrees,
        ),
        Probe(
            "held fixed",
            (
                "Its numbers are right, but a target is something to aim at: training would move it, too.",
                "Where u has weights, what is computed from u has their gradient. The target must not.",
                "`return (…).detach()`, or compute all of it under `with torch.no_grad():`.",
            ),
            _step,
            _trained,
            _is_held,
        ),
    ),
)
