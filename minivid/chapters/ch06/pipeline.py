"""Make-A-Video whole: clip = SR_h ∘ SR_l^t ∘ ↑_F ∘ D ∘ P (text), every stage by its name (chapter 6).

Singer et al. 2022, "Make-A-Video", eq. 1. Checked by tests/chapters/ch06/test_pipeline.py.
"""

from dataclasses import dataclass, replace

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.chapters.ch06.between import LONGER
from minivid.chapters.ch06.decoder import See, decoded, filled
from minivid.chapters.ch06.large import enlarged_by
from minivid.picturing import pictured


@dataclass(frozen=True)
class Stages:
    """The five networks, in the order in which a text goes through them."""

    prior: zoo.Model
    """P: from a text to a picture's embedding."""
    decoder: zoo.Model
    """D: from an embedding to few small frames."""
    filler: zoo.Model
    """↑_F: frames between frames."""
    super_time: zoo.Model
    """SR_l^t: twice as large, over space and time."""
    super_frames: zoo.Model
    """SR_h: twice as large again, each frame alone, all from one noise."""


def composed(stages: Stages, captions: list[str], seed: int = 0, steps: int = 20) -> dict[str, Tensor]:
    """clip = SR_h ∘ SR_l^t ∘ ↑_F ∘ D ∘ P (text): what comes out of each stage, as `composed_of` says."""
    return composed_of(stages, pictured(stages.prior, captions, seed), seed, steps)


def composed_of(
    stages: Stages, content: Float[Tensor, "b d"], seed: int = 0, steps: int = 20
) -> dict[str, Float[Tensor, "..."]]:
    """D, ↑F, SR_l and SR_h from embeddings on: "P", these, then clips "D", "↑F", "SRl" and, the whole, "SRh", `b c t h w` in [−1, 1]."""
    few = decoded(stages.decoder, content, seed, steps)
    many = filled(stages.filler, few, content, seed, steps)
    medium = enlarged_by(stages.super_time, many, seed, steps)
    large = enlarged_by(stages.super_frames, medium, seed, steps, same_noise=True)
    return {"P": content, "D": few, "↑F": many, "SRl": medium, "SRh": large}


def as_large(clips: dict[str, Float[Tensor, "b c t h w"]], side: int = 48) -> dict[str, Float[Tensor, "b c t2 h2 w2"]]:
    """Stages side by side: pixels repeated up to one size, and a frame for as long as it is seen."""
    frames = max(clip.shape[2] for clip in clips.values())
    shown = {}
    for name, clip in clips.items():
        times = side // clip.shape[3]
        big = clip.repeat_interleave(times, 3).repeat_interleave(times, 4)
        shown[name] = big[:, :, torch.arange(frames) * (clip.shape[2] - 1) // (frames - 1)]
    return shown


@torch.no_grad()
def nearest_pictures(
    see: See, content: Float[Tensor, "b d"], n: int = 400, seed: int = 5
) -> tuple[Float[Tensor, "b c 1 h w"], list[str]]:
    """For each embedding the nearest of n pictures in handwriting that no model was trained on, and its caption."""
    gallery = replace(LONGER, frames=1, split="heldout").sample(n, seed)
    nearest = (content @ see(gallery.video).T).argmax(1)
    return gallery.video[nearest], [gallery.caption[one] for one in nearest.tolist()]
