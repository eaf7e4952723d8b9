"""Stable Video Diffusion in small: a clip from its first frame, told frames per second, motion, and how noisy that frame is (chapter 6).

Blattmann et al. 2023, "Stable Video Diffusion", app. D. Checked by tests/chapters/ch06/test_svd.py.
"""

from dataclasses import replace

import torch
from einops import repeat
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated, inflated_config
from minivid.batches import Batches
from minivid.chapters.ch06.clips import WORLD
from minivid.data.world import World
from minivid.nn.condition import Cond
from minivid.run import Run
from minivid.tools.seeds import generator
from minivid.train import TrainConfig, Training

FAST, SLOW = 8, 4
"""Frames per second: of the world, and of a clip that shows every second frame."""
AUGMENTED = (-3.0, 0.5)
"""Mean and deviation of log σ of the noise on the given frame, as in the paper."""
DROPPED = 0.1
"""The share of clips whose first frame is not shown, so that guidance has something to guide away from."""
METHOD = Method.VIDEO_LDM
LONG: World = replace(WORLD, frames=2 * WORLD.frames - 1, slowly=(0.2, 0.95), quickly=(1.0, 1.8))


def bucket_of(speed: Float[Tensor, "b"]) -> Float[Tensor, "b"]:
    """The motion bucket: whole tenths of a pixel that the digit moves in 1/FAST of a second."""
    return (10 * speed).round()


def told(
    first: Float[Tensor, "b c h w"],
    fps: Float[Tensor, "b"] | float | int,
    bucket: Float[Tensor, "b"] | float | int,
    log_sigma: Float[Tensor, "b"],
    noise: Float[Tensor, "b c h w"],
    frames: int = WORLD.frames,
) -> Cond:
    """The condition: the first frame, with so much noise, beside every frame; fps − 1, the motion bucket, and log σ as numbers."""
    noisy = first + log_sigma.exp()[:, None, None, None] * noise
    numbers = [torch.as_tensor(number).to(first).expand(len(first)) for number in (fps - 1, bucket, log_sigma)]
    return Cond(known=repeat(noisy, "b c h w -> b c t h w", t=frames), numbers=torch.stack(numbers, dim=1))


def batches(n: int, seed: tuple[int, ...]) -> tuple[Float[Tensor, "n c t h w"], Cond]:
    """Clips at FAST or SLOW frames per second, and what is told of each; of some, the first frame is zeros."""
    clips, chance = LONG.sample(n, seed), generator(seed, "told")
    slow = torch.rand(n, generator=chance) < 0.5
    video = torch.where(slow[:, None, None, None, None], clips.video[:, :, ::2], clips.video[:, :, : WORLD.frames])
    speed = clips.velocity[:, 0, 0].norm(dim=-1).float()
    return video, of_clips(video, torch.where(slow, float(SLOW), float(FAST)), speed, chance)


def of_clips(
    video: Float[Tensor, "n c t h w"],
    fps: Float[Tensor, "n"] | float | int,
    speed: Float[Tensor, "n"],
    chance: torch.Generator,
) -> Cond:
    """What clips in training are told of themselves; how much noise is on the first frame, and whether it is shown, by chance."""
    mean, deviation = AUGMENTED
    log_sigma = mean + deviation * torch.randn(len(video), generator=chance)
    noise = torch.randn(video[:, :, 0].shape, generator=chance)
    cond = told(video[:, :, 0], fps, bucket_of(speed), log_sigma, noise, video.shape[2])
    shown = torch.rand(len(video), generator=chance) >= DROPPED
    return replace(cond, known=cond.known * shown[:, None, None, None, None])


def image_to_clip(image: zoo.Model, training: TrainConfig, data: Batches = batches) -> tuple[Run, Training]:
    """The run that trains all of an inflated image model on them, or on others, not yet begun."""
    shape = {"known": image.shape[0], "numbers": 3, "whole": True}
    run = Run("image-to-clip", inflated_config(image.network, METHOD, **shape), image.run.loss, training, (WORLD,))
    return run, run.start(data=data, build=lambda: inflated(image.network, METHOD, **shape))
