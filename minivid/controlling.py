"""Training a ControlNet: the denoising loss of an image model that stands, with a control beside the caption (chapter 7; tests/test_controlling.py).

What is trained, and kept in a file of weights, is the ControlNet alone; the image model is named, by its weights too, and read from its
own file.
"""

from dataclasses import dataclass
from functools import lru_cache

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.adapt.base import base_and_manifest, base_file
from minivid.adapt.controlnet import KINDS, Controlled, ControlNet, control_of, load_copy
from minivid.adapt.inflate import check_image_model
from minivid.batches import Batches, in_turns
from minivid.data.captions import tokenize
from minivid.data.world import World
from minivid.diffusion.objective import Denoising, Objective
from minivid.nn.condition import Cond
from minivid.nn.unet import UNet
from minivid.run import Run
from minivid.tools.seeds import generator


@dataclass(frozen=True)
class Controlling:
    """What a ControlNet is trained on, `loss(model, (x, cond), step)`: what its image model was, with `cond.control` beside it.

    base, sha256: an image model of the zoo, and how the hash of its weights begins; objective and schedule are its own. Raises ValueError
    for a loss that is none.
    """

    base: str
    sha256: str = ""
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
    """Its image model, frozen, and read once.

    Raises CheckpointError where it is not here or has other weights, ValueError for another objective or schedule, or no image model.
    """
    return _frozen(loss, base_file(loss.base).stat().st_mtime_ns)


@lru_cache(maxsize=2)
def _frozen(loss: Controlling, _when: int) -> UNet:
    network, manifest = base_and_manifest(loss.base, loss.sha256)
    check_image_model(network)
    theirs = Run.of(manifest).loss
    if (theirs.objective, theirs.schedule) != (loss.objective, loss.schedule):
        raise ValueError(
            f"{loss.base} was trained on {theirs.objective} by the {theirs.schedule} schedule: so is what stands beside it, "
            f"and this loss is of {loss.objective} by the {loss.schedule}."
        )
    return network.eval().requires_grad_(False)
