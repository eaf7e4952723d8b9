"""A flickering film made steady again by a loss: which loss, and how much of it?"""

from collections.abc import Callable

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.receipt import Receipt
from minivid.data import World
from minivid.metrics.corruptions import gain_flicker
from minivid.metrics.paired import psnr
from minivid.metrics.temporal import short_term_loss

WORLD = World(frames=16, size=32, background="checks", speeds=("quickly",))
WEIGHTS = (0.01, 0.03, 0.1, 0.3, 1.0)
Loss = Callable[[Float[Tensor, "b c t h w"]], Float[Tensor, ""]]


def difference_loss(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, ""]:
    """Mean |x_{t+1} − x_t| for brightness in [0, 1]: nothing is warped."""
    return (video.diff(dim=2) / 2).abs().mean()


def steadied(
    flickering: Float[Tensor, "b c t h w"], loss: Loss, weight: float, steps: int = 200
) -> Float[Tensor, "b c t h w"]:
    """The clip that minimises ‖x − flickering‖² + weight · loss(x), by Adam from the flickering one."""
    x = flickering.clone().requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.02)
    for _ in range(steps):
        optimizer.zero_grad()
        (((x - flickering) / 2).square().mean() + weight * loss(x)).backward()
        optimizer.step()
    return x.detach().clamp(-1, 1)


def film_and_flicker(n: int, seed: int):
    """n clips with their truth, in a light that leaves room above; the same, flickering."""
    clips = WORLD.sample(n, seed)
    clean = 0.6 * (clips.video + 1) - 1
    return clips, clean, gain_flicker(clean, 0.3, seed)


def change(video: Tensor, clean: Tensor) -> float:
    """How much happens from frame to frame, as a share of what should: below 1 motion is lost, above 1 something flickers."""
    return (video.diff(dim=2).abs().mean() / clean.diff(dim=2).abs().mean()).item()


def measure_steadying(seeds: tuple[int, ...] = (0, 1, 2), n: int = 12) -> dict:
    """PSNR and change against the clean film, over seeds and weights, for a plain difference and for the warped, trusted one."""
    found = {"flickering": [], "difference": [], "warped": []}
    for seed in seeds:
        clips, clean, flickering = film_and_flicker(n, seed)
        found["flickering"].append({"psnr": psnr(flickering, clean).mean().item(), "change": change(flickering, clean)})
        losses = {
            "difference": difference_loss,
            "warped": lambda x, i=clean, w=clips.backward_flow: short_term_loss(x, i, w),
        }
        for name, loss in losses.items():
            runs = []
            for weight in WEIGHTS:
                made = steadied(flickering, loss, weight)
                runs.append({"psnr": psnr(made, clean).mean().item(), "change": change(made, clean)})
            found[name].append(runs)
    return {"n": n, "weights": WEIGHTS, **found}


def steadying_sentence(receipt: Receipt) -> str:
    """The best weight of either loss, in decibels against doing nothing, with the range over seeds."""
    parts = []
    for name in ("difference", "warped"):
        gains = [
            max(run["psnr"] for run in runs) - before["psnr"]
            for runs, before in zip(receipt[name], receipt["flickering"], strict=True)
        ]
        parts.append(
            f"{name}: {sum(gains) / len(gains):+.1f} dB [{min(gains):+.1f}, {max(gains):+.1f}] at its best weight"
        )
    return "against the flickering film, " + "; ".join(parts)
