"""Section "How this goes wrong": the same captions, noise and network, and three films with one mistake each (chapter 7).

Tests in tests/chapters/ch07/test_clinic.py.
"""

import torch
from torch import Tensor

from minivid import zoo
from minivid.adapt.zeroshot import looking_at
from minivid.chapters.ch07.counted import counted
from minivid.chapters.ch07.films import SPEED, film
from minivid.diffusion.objective import Video
from minivid.evaluation.report import aligned
from minivid.nn.attention import keys


def first_clips_first(x: Tensor, frames: int) -> Tensor:
    """The first frame's keys, and of the first clip's: the others of the batch look at it too."""
    return x[:1].expand_as(x)


PATIENTS: dict[str, tuple[float, keys.Keys]] = {
    "healthy": (1.0, keys.first_frame),
    "patient 1": (-1.0, keys.first_frame),
    "patient 2": (1.0, first_clips_first),
    "patient 3": (1.0, keys.itself),
}
"""What δ is multiplied by, and whose keys a frame looks at."""


def clinic(image: zoo.Model, captions: list[str], seed: int, frames: int) -> dict[str, Video]:
    """Text2Video-Zero as it should be, and three patients. Every caption moves to the left."""
    return {
        name: film(image, captions, (-SPEED * sign, 0.0), seed=seed, frames=frames, policy=policy)
        for name, (sign, policy) in PATIENTS.items()
    }


@torch.no_grad()
def reached_by(image: zoo.Model, policy: keys.Keys, clip: int, frames: int = 4) -> str:
    """The clips and frames, of two clips, whose output changes when frame 0 of one clip's input does."""
    channels, _, height, width = image.shape
    z = torch.randn(2, channels, frames, height, width, generator=torch.Generator().manual_seed(0))
    other, level, network = z.clone(), torch.zeros(2), looking_at(image.network, policy)
    other[clip, :, 0] += 1
    change = (network(other, level) - network(z, level)).abs().amax((1, 3, 4)) > 1e-6  # clips × frames
    reached = {i: row.nonzero().flatten().tolist() for i, row in enumerate(change) if row.any()}
    return " and ".join(
        f"frame{'s' * (len(places) > 1)} {', '.join(map(str, places))} of clip {i}" for i, places in reached.items()
    )


def clinic_table(image: zoo.Model, clips: dict[str, Video], captions: list[str]) -> str:
    """How far each film moves along δ, how far its first frames and all of it are from the healthy ones, and whom a first frame reaches."""
    rows = [("", "motion / δ", "first frame off", "film off", "clip 0's first frame reaches")]
    for name, video in clips.items():
        motion = counted(video, captions).motion.mean()
        off = (video - clips["healthy"]).abs()
        reached = reached_by(image, PATIENTS[name][1], clip=0)
        rows.append((name, f"{motion:.2f}", f"{off[:, :, 0].mean():.2f}", f"{off.mean():.2f}", reached))
    return "\n".join(aligned(rows))
