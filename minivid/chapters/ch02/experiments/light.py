"""Next frames by warping: the light network trained, held against a still picture and the exact motion, and where it fails."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.batches import clips_of
from minivid.data.world import World
from minivid.motion.forecast import next_frames
from minivid.nn.light import LightConfig
from minivid.train import Step, TrainConfig, Training

WORLD = World(frames=12)
LIGHT = LightConfig()
TRAINING = TrainConfig(steps=500, batch=16, lr=3e-3, warmup=20)


def warping_loss(model: nn.Module, batch: tuple[Tensor, object], step: Step) -> Float[Tensor, ""]:
    """The squared error of every next frame. What the flow should be is never told: it is what draws the right frame."""
    video = step.own(batch[0])
    past, future = video[:, :, :-1], video[:, :, 1:]
    return (next_frames(past, model(past)) - future).square().mean()


def trained(world: World = WORLD, training: TrainConfig = TRAINING) -> Training:
    """The light network on this world's clips, to the end of its training; its `ema` is the network that is kept."""
    torch.manual_seed(training.seed)
    run = Training(LIGHT.build(), clips_of(world), warping_loss, training)
    for _ in run.steps(progress=False):
        pass
    return run
