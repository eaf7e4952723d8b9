"""ε, x and v at equal compute: the same network, clips, noise and steps; only the word that the network says is another."""

from dataclasses import replace
from pathlib import Path

from minivid import zoo
from minivid.course.kept import kept
from minivid.diffusion.objective import Denoising, Objective
from minivid.nn.unet import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig

WORDS = (Objective.EPS, Objective.X, Objective.V)
WORLD = replace(zoo.LARGE, colour=True)
TRAINING = TrainConfig(steps=350, batch=8, ema=0.98, growth=((0.4, 4), (0.65, 2)))
HOME = "runs/words"


def run_of(objective: Objective, training: TrainConfig = TRAINING) -> Run:
    """A small U-Net in a world of coloured digits, half as wide as the laptop's."""
    network = UNetConfig(channels=3, widths=(32, 64), vocabulary=zoo.UNET.vocabulary)
    return Run(f"says-{objective.value}", network, Denoising(objective), training, worlds=(WORLD,))


def trained(objective: Objective, seed: int, home: Path | str = HOME) -> tuple[zoo.Model, float]:
    """The network that says this, from this seed, and the minutes that its training took. It is kept in `home`, and trained but once."""
    run = run_of(objective, replace(TRAINING, seed=seed))
    training = kept(run, f"{home}/{objective.value}-{seed}", own=[])
    for _ in training.steps(progress=False):
        pass
    return zoo.Model(run, training.ema.eval()), training.records[-1].seconds / 60
