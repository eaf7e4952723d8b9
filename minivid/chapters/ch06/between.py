"""Make-A-Video's interpolation: a video model that is shown some frames and a mask, and draws the others (chapter 6).

Singer et al. 2022, "Make-A-Video", sec. 3.3: four more channels beside the noisy clip, the frames that are there (zeros elsewhere) and a mask that
says which are. Checked by tests/chapters/ch06/test_between.py.
"""

from dataclasses import replace

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated, inflated_config
from minivid.batches import Batches
from minivid.chapters.ch06.clips import WORLD
from minivid.data.captions import tokenize
from minivid.data.world import World
from minivid.diffusion.samplers import ddim, sample
from minivid.nn.condition import Cond
from minivid.run import Run
from minivid.tools.seeds import generator, plain_generator
from minivid.train import TrainConfig, Training

FRAMES, GAPS = 9, (2, 4, 8)
"""Every so many frames are given in training; with 8 they are the first and the last."""
METHOD = Method.MAKE_A_VIDEO
LONGER: World = replace(WORLD, frames=FRAMES)


def given_at(gap: int, frames: int = FRAMES) -> Bool[Tensor, "t"]:
    """True for frames 0, gap, 2 gap, …"""
    return torch.arange(frames) % gap == 0


def shown(video: Float[Tensor, "b c t h w"], given: Bool[Tensor, "b t"]) -> Float[Tensor, "b k t h w"]:
    """The frames that are given, zeros in the place of others, and one more channel: 1 where a frame is given, else 0."""
    mask = given[:, None, :, None, None].to(video)
    return torch.cat([mask * video, mask.expand(-1, -1, -1, *video.shape[3:])], dim=1)


def told(
    video: Float[Tensor, "b c t h w"], given: Bool[Tensor, "b t"], gap: Float[Tensor, "b"], captions: list[str]
) -> Cond:
    """The condition: what is shown, the gap between given frames as a number, and the captions."""
    return Cond(*tokenize(captions), known=shown(video, given), numbers=gap[:, None])


def batches(n: int, seed: tuple[int, ...]) -> tuple[Float[Tensor, "n c t h w"], Cond]:
    """Clips of which every second, every fourth, or only the first and the last frame are given."""
    clips = LONGER.sample(n, seed)
    gap = torch.tensor(GAPS)[torch.randint(len(GAPS), (n,), generator=generator(seed, "gap"))]
    given = torch.stack([given_at(one) for one in gap.tolist()])
    return clips.video, told(clips.video, given, gap.float(), clips.caption)


def interpolator(image: zoo.Model, training: TrainConfig, data: Batches = batches) -> tuple[Run, Training]:
    """The run that trains all of an inflated image model to fill in frames, not yet begun; `data` makes its clips and what is told of them."""
    shape = {"known": image.shape[0] + 1, "numbers": 1, "whole": True}
    run = Run("between", inflated_config(image.network, METHOD, **shape), image.run.loss, training, (LONGER,))
    return run, run.start(data=data, build=lambda: inflated(image.network, METHOD, **shape))


def filled_in(
    model: zoo.Model, video: Float[Tensor, "b c t h w"], gap: int, captions: list[str], seed: int = 0, steps: int = 25
) -> Float[Tensor, "b c t h w"]:
    """The clips with all but every `gap`-th frame drawn anew; those that are given stay as they are."""
    given = given_at(gap, video.shape[2])
    cond = told(video, given.expand(len(video), -1), torch.full((len(video),), float(gap)), captions)
    z = torch.randn(video.shape, generator=plain_generator(seed))
    drawn = sample(ddim(model.denoiser, z, model.schedule, model.objective, steps, cond)).clamp(-1, 1)
    return torch.where(given[:, None, None], video, drawn)


def blended(video: Float[Tensor, "b c t h w"], gap: int) -> Float[Tensor, "b c t h w"]:
    """Between two given frames their weighted mean: what moves is seen twice. The last frame is given too."""
    place = torch.arange(video.shape[2])
    before = place // gap * gap
    after = (before + gap).clamp(max=video.shape[2] - 1)
    share = ((place - before) / gap)[:, None, None]
    return (1 - share) * video[:, :, before] + share * video[:, :, after]
