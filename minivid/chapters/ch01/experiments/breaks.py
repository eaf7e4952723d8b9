"""By what factor each way of breaking a film changes the warping error, along the undamaged clips' exact flow."""

from torch import Tensor

from minivid.course.receipt import Receipt
from minivid.data import World
from minivid.metrics.corruptions import drift, fade, gain_flicker, jump, swap_identity
from minivid.metrics.temporal import followed, warping_error
from minivid.motion.trajectories import ink

BREAKS = {
    "flicker": lambda video, seed: gain_flicker(video, 0.2, seed),
    "drift": lambda video, seed: drift(video, 0.25, seed),
    "jump": lambda video, seed: jump(video, 4, seed),
    "identity swap": lambda video, seed: swap_identity(video, 1.0, seed),
    "fade to half": lambda video, seed: fade(video, 0.5),
}
"""Each break of clips b c t h w, at one severity."""
WORLD = World(frames=16, size=32)


def factors(clips, broken: Tensor) -> dict[str, float]:
    """The broken clips' warping error over the undamaged ones', without a mask and with that of Lai et al."""
    mask = followed(clips.flow, clips.backward_flow)
    return {
        name: (
            warping_error(broken, clips.flow, mask=where) / warping_error(clips.video, clips.flow, mask=where).mean()
        )
        .mean()
        .item()
        for name, where in (("all pixels", None), ("masked", mask))
    }


def ink_left(clips) -> float:
    """What share of the ink lies where the mask lets it be seen."""
    light = ink(clips.video)[:, :-1]
    return ((light * followed(clips.flow, clips.backward_flow)).sum() / light.sum()).item()


def measure_breaks(seeds: tuple[int, ...] = (0, 1, 2, 3, 4), n: int = 64) -> dict:
    """The factors of all BREAKS over five seeds, for one digit and for two that hide each other; and how much ink the mask leaves."""
    found = {}
    for digits in (1, 2):
        world = World(frames=WORLD.frames, size=WORLD.size, digits=digits)
        samples = [(seed, world.sample(n, seed)) for seed in seeds]
        found[f"{digits} digit{'s' * (digits > 1)}"] = {
            "ink left": [ink_left(clips) for _, clips in samples],
            "factors": {
                name: [factors(clips, spoil(clips.video, seed)) for seed, clips in samples]
                for name, spoil in BREAKS.items()
            },
        }
    return {"n": n, "found": found}


def breaks_table(receipt: Receipt) -> str:
    """Mean factors and their range over the seeds."""
    lines = []
    for world, found in receipt["found"].items():
        left = found["ink left"]
        lines.append(f"{world}: the mask leaves {sum(left) / len(left):.0%} of the ink{'all pixels':>21}{'masked':>25}")
        for name in BREAKS:
            runs, cells = found["factors"][name], []
            for where in ("all pixels", "masked"):
                values = [run[where] for run in runs]
                cells.append(f"× {sum(values) / len(values):6.2f} [{min(values):5.2f}, {max(values):5.2f}]")
            lines.append(f"   {name:34}" + "   ".join(cells))
    return "\n".join(lines)
