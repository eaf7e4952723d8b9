"""What chapter 6 moves: the image model asked for clips, its run as a video model, one number for how it moves (tests/chapters/ch06)."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated, inflated_config
from minivid.checkpoint import load_into, weights_of
from minivid.data.captions import tokenize
from minivid.data.world import World
from minivid.diffusion.objective import diffuse
from minivid.diffusion.schedule import variance_preserving
from minivid.motion.trajectories import acceleration, centroid
from minivid.nn.condition import Cond
from minivid.nn.unet import UNet
from minivid.run import Run
from minivid.train import TrainConfig, Training

WORLD: World = replace(zoo.recipe("image-digits").worlds[1], frames=8)
"""What the chapter's video models are taught: the image model's digits over black, in motion."""
LEVELS = (-5.0, -3.0, -1.0, 1.0)


def as_clips(image: zoo.Model, frames: int = WORLD.frames) -> zoo.Model:
    """The image model, asked for clips: so many pictures, each alone."""
    channels, _, height, width = image.shape
    return replace(image, run=replace(image.run, clip=(channels, frames, height, width)))


def video_run(image: zoo.Model, method: Method, training: TrainConfig) -> Run:
    """A run that teaches clips of WORLD to an inflated image model, by the image model's own loss."""
    return Run(str(method), inflated_config(image.network, method), image.run.loss, training, (WORLD,))


def taught(
    image: zoo.Model, method: Method, training: TrainConfig, build: Callable[[], UNet] | None = None
) -> Training:
    """That run, not yet begun; `build` makes the network, of weights with the same names, in the library's place."""
    return video_run(image, method, training).start(build=build or (lambda: inflated(image.network, method)))


def to_its_end(going: Training, out: Path, every: int = 50) -> None:
    """The run, taken to its last step in the folder `out`; one that was cut off there goes on. Says every so many steps how it stands."""
    going.out = out
    if Training.state_file(out).is_file():
        going.resume()
    for record in going.steps(progress=False):
        if record.step % every == 0:
            print(out.name, record.step, f"{record.loss:.4f}", f"{record.seconds:.0f} s", flush=True)


def model_of(image: zoo.Model, method: Method, network: UNet) -> zoo.Model:
    """A taught network as a model that samples."""
    return zoo.Model(video_run(image, method, TrainConfig()), network.eval().requires_grad_(False))


def in_part(image: UNet, module: dict[str, Tensor], share: float) -> UNet:
    """The image model with a share of a motion module: its last layer, and so all that it adds, times that."""
    network = inflated(image, Method.ANIMATEDIFF)
    part = {name: weight * share if "proj_out" in name else weight for name, weight in module.items()}
    load_into(network, weights_of(network) | part, "the motion module")
    return network.eval().requires_grad_(False)


@torch.no_grad()
def errors_of_each(model: zoo.Model, n: int, seed: int) -> Float[Tensor, "levels n"]:
    """The squared error of x̂ on n clips of held-out handwriting, at each of LEVELS; the same noise for every model."""
    clips = replace(WORLD, split="heldout").sample(n, seed)
    eps = torch.randn(clips.video.shape, generator=torch.Generator().manual_seed(seed))
    cond, found = Cond(*tokenize(clips.caption)), []
    for level in LEVELS:
        logsnr = torch.tensor(level)
        z = diffuse(clips.video, eps, *variance_preserving(logsnr))
        found.append((model.x_hat(z, logsnr.expand(n), cond) - clips.video).square().mean((1, 2, 3, 4)))
    return torch.stack(found)


def x_errors(model: zoo.Model, n: int = 16, seed: int = 77) -> Float[Tensor, "levels"]:
    """The mean over clips of `errors_of_each`."""
    return errors_of_each(model, n, seed).mean(1)


def thrown_off(video: Float[Tensor, "b c t h w"]) -> Float[Tensor, "b"]:
    """How far the ink's centre is thrown off a straight path from frame to frame: the median over a clip, in pixels."""
    return acceleration(centroid(video)).norm(dim=-1).median(1).values


@torch.no_grad()
def reached(network: UNet, frame: int = 2, frames: int = 5) -> list[int]:
    """The frames of what comes out that change when one frame of what goes in does."""
    z = torch.randn(1, network.config.channels, frames, 16, 16, generator=torch.Generator().manual_seed(0))
    other = z.clone()
    other[:, :, frame] += 1.0
    level = torch.zeros(1)
    change = (network(z, level) - network(other, level)).abs().amax((0, 1, 3, 4))
    return change.gt(1e-6).nonzero().flatten().tolist()
