"""Three times the frames that a model was taught, in segments: what is seen where segments meet, by how far they overlap."""

from statistics import mean

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.segments import beginnings, in_segments
from minivid.course.receipt import Receipt
from minivid.diffusion.samplers import ddim, sample
from minivid.evaluation.report import aligned
from minivid.metrics.distribution import paired_interval
from minivid.metrics.reader import crop
from minivid.motion.trajectories import centroid
from minivid.tools.seeds import generator, plain_generator

MODEL, FRAMES, STRIDES = "vdm-small", 24, (8, 7, 6, 4)


def long_clips(
    model: zoo.Model, stride: int, n: int, seed: int, steps: int, frames: int = FRAMES, eta: float = zoo.ETA
) -> Float[Tensor, "n c t h w"]:
    """n clips of so many frames, drawn in segments as long as the model's own clips; no caption, the same noise for every stride."""
    channels, length, height, width = model.shape
    noise = torch.randn(n, channels, frames, height, width, generator=plain_generator(seed))
    asked = in_segments(model.denoiser, length, stride)
    path = ddim(asked, noise, model.schedule, model.objective, steps, eta=eta, generator=generator((seed, 0), "steps"))
    return sample(path).clamp(-1, 1)


def borders(stride: int, length: int = 8, frames: int = FRAMES) -> list[int]:
    """The frames at which a segment begins, or that follow the end of one, within the clip."""
    begins = beginnings(frames, length, stride)
    return sorted({*begins, *(begin + length for begin in begins)} - {0, frames})


def steps_of(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b t-1"]:
    """How far the ink's centre goes from each frame to the next, pixels."""
    return centroid(video).diff(dim=1).norm(dim=-1)


def alike(video: Float[Tensor, "b c t h w"], side: float, apart: int = 1) -> Float[Tensor, "b t2"]:
    """The cosine of the digit, cut out around its centre, with itself so many frames later. Another hand has less."""
    cut = crop(video, side).flatten(2)
    return (cut[:, apart:] * cut[:, :-apart]).sum(-1)


def of_the_clips(video: Float[Tensor, "b c t h w"], stride: int, side: float) -> dict[str, list[float]]:
    """Of each clip: how far the digit steps across borders and elsewhere, how alike it is across them and elsewhere, and last to first."""
    frames = video.shape[2]
    step, like, across = steps_of(video), alike(video, side), torch.zeros(frames - 1, dtype=torch.bool)
    across[[border - 1 for border in borders(stride, frames=frames)]] = True
    found = {
        "step across": step[:, across].mean(1),
        "step elsewhere": step[:, ~across].mean(1),
        "alike across": like[:, across].mean(1),
        "alike elsewhere": like[:, ~across].mean(1),
        "first and last alike": alike(video, side, frames - 1)[:, 0],
    }
    return {name: [round(float(one), 4) for one in of] for name, of in found.items()}


def measure_seams(n: int = 24, seed: int = 6, steps: int = 20, strides: tuple[int, ...] = STRIDES) -> dict:
    """Clips of 24 frames by a model of 8, in segments that overlap by 0, 1, 2 and 4 frames: does the digit jump where they meet?"""
    model, rows = zoo.load(MODEL), {}
    for stride in strides:
        video = long_clips(model, stride, n, seed, steps)
        rows[str(stride)] = {
            "by frame": [round(float(one), 4) for one in steps_of(video).mean(0)],
            **of_the_clips(video, stride, model.world.side),
        }
        print(stride, {name: round(mean(of), 3) for name, of in rows[str(stride)].items()}, flush=True)
    return {"model": model.manifest["sha256"], "n": n, "steps": steps, "frames": FRAMES, "strides": rows}


def more_across(found: Receipt, stride: str, what: str = "step") -> tuple[float, float, float]:
    """How much more of it is seen across borders than elsewhere in the same clip: the mean, and its 95 % interval."""
    of = found["strides"][stride]
    return paired_interval(of[f"{what} across"], of[f"{what} elsewhere"])


def seams_table(found: Receipt) -> str:
    """A row a stride: steps across borders and elsewhere with their difference and its interval, and how alike the digit stays."""
    rows = [
        (
            f"{found['n']} clips, frames of overlap",
            "step across",
            "elsewhere",
            "more, px [95 %]",
            "alike across",
            "elsewhere",
            "first, last",
        )
    ]
    for stride, of in found["strides"].items():
        middle, low, high = more_across(found, stride)
        step = (f"{mean(of[f'step {where}']):.2f}" for where in ("across", "elsewhere"))
        like = (f"{mean(of[name]):.3f}" for name in ("alike across", "alike elsewhere", "first and last alike"))
        rows.append((str(8 - int(stride)), *step, f"{middle:+.2f} [{low:+.2f}, {high:+.2f}]", *like))
    return "\n".join(aligned(rows))


def seam_curves(found: Receipt, strides: tuple[str, ...] = ("8", "6")) -> dict[str, Float[Tensor, "t"]]:
    """For a picture: pixels from each frame to the next, the mean of the clips."""
    return {f"overlap {8 - int(stride)}": torch.tensor(found["strides"][stride]["by frame"]) for stride in strides}
