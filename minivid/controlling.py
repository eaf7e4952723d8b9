"""Training a ControlNet: the denoising loss of an image model that stands, with a control beside the caption (chapter 7; tests/test_controlling.py).

What is trained, and kept in a file of weights, is the ControlNet alone; the image model is named and read from its own file.
"""

from dataclasses import dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid import checkpoint
from minivid.adapt.controlnet import KINDS, Controlled, ControlNet, control_of, load_copy
from minivid.adapt.inflate import check_image_model
from minivid.batches import Batches, in_turns
from minivid.data.captions import tokenize
from minivid.data.world import World
from minivid.diffusion.objective import Denoising, Objective
from minivid.distilling import frozen_of
from minivid.nn.condition import Cond
from minivid.nn.unet import UNet
from minivid.tools.seeds import generator


@dataclass(frozen=True)
class Controlling:
    """What a ControlNet is trained on, `loss(model, (x, cond), step)`: what its image model was, with `cond.control` beside it.

    base: an image model of the zoo, or a file of weights; objective and schedule are its own. Raises ValueError for a loss that is none.
    """

    base: str
    objective: Objective = Objective.V
    schedule: str = "cosine"
    drop_caption: float = 0.1

    def __post_init__(self):
        self.denoising()

    def denoising(self) -> Denoising:
        """The loss without a word of control."""
        return Denoising(self.objective, self.schedule, self.drop_caption)

    def begin(self, network: ControlNet) -> None:
        """Give a ControlNet its copy. Raises CheckpointError where the image model is another network."""
        load_copy(network, base_of(self))

    def batches(self, *worlds: World) -> Batches:
        """Clips with captions and controls; each clip is shown in one kind of control, edges or a mask, by chance."""

        def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
            parts = in_turns(worlds, n, seed)
            control = torch.cat([control_of(part, *KINDS) for part in parts])
            kind = torch.randint(len(KINDS), (n,), generator=generator(seed, "control"))
            shown = F.one_hot(kind, len(KINDS)).float()[..., None, None, None]
            cond = Cond(*tokenize([caption for part in parts for caption in part.caption]), control=control * shown)
            return torch.cat([part.video for part in parts]), cond

        return draw

    def __call__(self, model: ControlNet, batch, step) -> Float[Tensor, ""]:
        """The mean over this process's share of the batch."""
        return self.denoising()(Controlled(base_of(self).to(step.device), model), batch, step)


def base_of(loss: Controlling) -> UNet:
    """Its image model, frozen. Raises CheckpointError where there is none, ValueError for another objective or schedule, or no image model."""
    name = loss.base
    path = Path(name) if name.endswith(".safetensors") else checkpoint.WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        raise checkpoint.CheckpointError(f"the image model {name} is not here: train it first, or name another file.")
    run, network = frozen_of(path, path.stat().st_mtime_ns)
    check_image_model(network)
    if (run.loss.objective, run.loss.schedule) != (loss.objective, loss.schedule):
        raise ValueError(
            f"{name} was trained on {run.loss.objective} by the {run.loss.schedule} schedule: so is what stands beside it, "
            f"and this loss is of {loss.objective} by the {loss.schedule}."
        )
    return network
