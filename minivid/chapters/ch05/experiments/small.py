"""The transformer that is trained in the notebook: small clips, in minutes."""

from collections.abc import Callable
from dataclasses import replace

from torch import nn

from minivid.data.captions import VOCABULARY
from minivid.data.world import World
from minivid.diffusion.objective import Denoising, Objective
from minivid.nn.dit import DiTConfig
from minivid.run import Run
from minivid.train import TrainConfig, Training

SMALL = Run(
    "dit-small",
    DiTConfig(patch=(2, 4), dim=96, depth=4, heads=3, vocabulary=len(VOCABULARY)),
    Denoising(Objective.V, "cosine"),
    TrainConfig(steps=1200, batch=16, growth=((0.3, 4), (0.6, 2))),
    worlds=(World(digit_size=10),),
)


def small_run(training: TrainConfig, build: Callable[[], nn.Module] | None = None) -> Training:
    """SMALL, of this length, with a network of one's own where one is built."""
    return replace(SMALL, training=training).start(build=build)
