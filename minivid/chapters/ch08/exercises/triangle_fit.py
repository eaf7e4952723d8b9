"""8.9: the triangle wave nearest to a measured path. Judged by how near the wave is that the answer describes."""

from functools import partial

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, all_of, several, shaped

ROUNDS = 12
SLACK = 0.02
"""Pixels by which an answer may be farther than the best."""


def triangle_fit(
    path: Float[Tensor, "n t"], low: Float[Tensor, " n"], high: Float[Tensor, " n"]
) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"], Float[Tensor, " n"]]:
    """(start, velocity, residual) of the triangle wave between low and high that is nearest to each path, in pixels and frames.

    A table of starts by speeds (at most 3 pixels a frame), and then smaller ones around the best. residual: root mean square.
    """
    start, velocity = path[:, 0], torch.zeros_like(path[:, 0])
    starts, speeds = torch.linspace(-1, 1, 9).to(path), torch.linspace(-3, 3, 49).to(path)
    for halvings in range(ROUNDS):
        table = torch.stack(
            torch.broadcast_tensors(
                start[:, None, None] + starts[:, None] / 2**halvings, velocity[:, None, None] + speeds / 2**halvings
            )
        ).flatten(2)  # 2 n (starts speeds)
        error = (wave(*table, low[:, None], high[:, None], path.shape[1]) - path[:, None]).square().mean(-1)
        least, best = error.min(1)
        start, velocity = table.gather(2, best.expand(2, -1)[..., None])[..., 0]
    return start, velocity, least.sqrt()


def wave(start: Tensor, velocity: Tensor, low: Tensor, high: Tensor, frames: int) -> Tensor:
    """A straight line folded between walls, one more axis of so many frames."""
    low, room = low[..., None], (high - low)[..., None]
    phase = (start[..., None] + velocity[..., None] * torch.arange(frames) - low).remainder(2 * room)
    return low + torch.minimum(phase, 2 * room - phase)


def _paths(
    slowest: float, fastest: float, seed: int, walls: bool = True, at_zero: bool = True, noise: float = 0.0, n: int = 6
) -> dict:
    """Paths in both directions. Without `walls`, these are so far away that no path meets one."""
    generator = torch.Generator().manual_seed(seed)
    low = torch.zeros(n) if at_zero else 2 + 3 * torch.rand(n, generator=generator)
    high = low + 7 + 3 * torch.rand(n, generator=generator)
    speed = slowest + (fastest - slowest) * torch.rand(n, generator=generator)
    velocity = speed * torch.tensor([1.0, -1.0]).repeat(n // 2)
    start = low + (high - low) * (0.4 + 0.2 * torch.rand(n, generator=generator))  # no wall in the first step
    if not walls:
        start, high = start + 60, high + 240
    path = wave(start, velocity, low, high, 16)
    path = path + noise * torch.randn(path.shape, generator=generator)
    return {"path": path, "low": low, "high": high, "start": start, "velocity": velocity}


def _one_bounce(seed: int) -> dict:
    """Paths that meet one wall once, about half-way."""
    paths = _paths(0.4, 0.8, seed)
    to_wall = torch.where(paths["velocity"] > 0, paths["high"], paths["low"])
    start = to_wall - 7.4 * paths["velocity"]
    return paths | {"start": start, "path": wave(start, paths["velocity"], paths["low"], paths["high"], 16)}


def _fewer_frames(seed: int) -> dict:
    paths = _paths(0.3, 2.5, seed, at_zero=False)
    return paths | {"path": paths["path"][:, :11].clone()}


def _fitted(obj, inputs: dict) -> dict:
    answer = obj(inputs["path"].clone(), inputs["low"].clone(), inputs["high"].clone())
    return several(answer, ("start", "velocity", "residual"))


def _distance(start, velocity, inputs: dict) -> np.ndarray:
    """Root mean square, for each path, of its distance from the wave described."""
    start, velocity = (torch.as_tensor(part).float() for part in (start, velocity))
    gap = wave(start, velocity, inputs["low"], inputs["high"], inputs["path"].shape[1]) - inputs["path"]
    return gap.square().mean(1).sqrt().numpy()


def _is_near(arrays: Arrays, inputs: dict) -> bool | str:
    """The wave is as near as the best one known; the reported residual is `_residual_agrees`'s affair."""
    start, velocity, _ = triangle_fit(inputs["path"], inputs["low"], inputs["high"])
    best = np.minimum(_distance(start, velocity, inputs), _distance(inputs["start"], inputs["velocity"], inputs))
    found = _distance(arrays["start"], arrays["velocity"], inputs)
    if not np.isfinite(found).all():
        return "There are values that are not finite (nan or inf)."
    if (far := found - 1.02 * best).max() <= SLACK:
        return True
    worst = int(far.argmax())
    return (
        f"The wave of start {arrays['start'][worst]:.2f} and velocity {arrays['velocity'][worst]:.2f} is {found[worst]:.2f} pixels "
        f"from its path; one of {best[worst]:.2f} exists."
    )


def _is_the_line(arrays: Arrays, inputs: dict) -> bool | str:
    for name in ("start", "velocity"):
        off = np.abs(arrays[name] - inputs[name].numpy())
        worst = int(off.argmax())
        if not off[worst] <= 2 * SLACK:
            return f"A path's {name} is {arrays[name][worst]:.2f}, expected {inputs[name][worst]:.2f}."
    return True


def _residual_agrees(arrays: Arrays, inputs: dict) -> bool | str:
    expected = _distance(arrays["start"], arrays["velocity"], inputs)
    off = np.abs(arrays["residual"] - expected) - 0.02 * expected
    worst = int(off.argmax())
    return all_of(
        _is_near(arrays, inputs),
        bool(off[worst] <= SLACK)
        or f"A wave is {expected[worst]:.2f} pixels from its path; the residual says {arrays['residual'][worst]:.2f}.",
    )


EXERCISE = Exercise(
    id="8.9",
    title="The path between the walls",
    points=4,
    stars=3,
    minutes=35,
    reference=triangle_fit,
    promises=Promises(tensor=False, whole=False),
    probes=(
        Probe(
            "three numbers a path",
            "Each path has a start, a velocity and a residual of its own, each of shape (n,).",
            partial(_paths, 0.3, 1.0),
            _fitted,
            shaped(6),
        ),
        Probe(
            "no wall met",
            "Far from the walls the wave is a straight line: where it is at the first frame, and how far it goes in a frame, in either direction.",
            partial(_paths, 0.3, 2.5, walls=False),
            _fitted,
            _is_the_line,
        ),
        Probe(
            "one bounce",
            "A wall sends a path back the way it came. The phase runs over *two* rooms, there and back, before it repeats: the remainder by "
            "2 (high − low), never negative. And refining a single guess ends in whichever valley is next: try many speeds first.",
            _one_bounce,
            _fitted,
            _is_near,
        ),
        Probe(
            "many bounces",
            "Fast paths meet both walls several times, and the error has many valleys: try all speeds from −3 to 3 finely enough, and fold by a "
            "remainder, which mirrors as often as needed.",
            partial(_paths, 1.8, 2.7),
            _fitted,
            _is_near,
        ),
        Probe(
            "walls elsewhere",
            "The lower wall need not be at 0: subtract `low` before the remainder and add it back afterwards.",
            partial(_paths, 1.0, 2.7, at_zero=False),
            _fitted,
            _is_near,
        ),
        Probe(
            "a noisy path",
            "Every place is measured with an error here: the nearest wave is that of all frames together, not of the first two, and starts beside the first place.",
            partial(_paths, 0.3, 2.5, at_zero=False, noise=0.3, n=12),
            _fitted,
            _is_near,
        ),
        Probe(
            "residual",
            "The residual is the root of the mean square distance over the frames, of the wave that you return.",
            partial(_paths, 0.3, 2.5, at_zero=False, noise=0.3, n=12),
            _fitted,
            _residual_agrees,
        ),
        Probe(
            "fewer frames",
            "Paths of 16 frames are right, paths of 11 are not: how many there are is `path.shape[1]`, and no number written out.",
            _fewer_frames,
            _fitted,
            _is_near,
        ),
    ),
)
