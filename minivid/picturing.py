"""What a picture of a caption might look like, as an embedding: the prior's loss, and a trained one asked (chapter 6; tests/test_picturing.py).

The two towers of `judge-pictures` put pictures and captions into one space, but not into one place: a caption says less than a picture
shows. A prior is a diffusion model of the picture's embedding given the caption's (Ramesh et al. 2022, sec. 2.2); its weights are
`minivid train prior-digits`.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid import checkpoint
from minivid.batches import Batches, in_turns
from minivid.data.world import World
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Denoising, Objective
from minivid.diffusion.samplers import ddim, sample
from minivid.metrics.text_score import TwoTowers
from minivid.nn.condition import Cond
from minivid.tools.options import restored_as_named
from minivid.tools.seeds import plain_generator

TOWERS = "judge-pictures"


def towers(name: str = TOWERS) -> TwoTowers:
    """The trained towers of that name, frozen. Raises CheckpointError where they are not here."""
    path = checkpoint.WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        raise checkpoint.CheckpointError(f"the towers {name} are not here: `minivid train {name} --keep` makes them.")
    return _towers(path, path.stat().st_mtime_ns)


@cache
def _towers(path: Path, _written: int) -> TwoTowers:
    tensors, manifest = checkpoint.read(path)
    with torch.random.fork_rng(devices=[]):
        net = restored_as_named(manifest["network"]).build()
    checkpoint.load_into(net, tensors, path.name)
    return net.eval().requires_grad_(False)


def as_clip(embedding: Float[Tensor, "b d"]) -> Float[Tensor, "b d 1 1 1"]:
    """Directions, of length one, as the clips that a prior draws: of length √d, so that a number in them is about as large as noise."""
    return (embedding * embedding.shape[1] ** 0.5)[..., None, None, None]


def as_embedding(clip: Float[Tensor, "b d 1 1 1"]) -> Float[Tensor, "b d"]:
    """The way back; what was drawn is brought to length one."""
    return F.normalize(clip.flatten(1), dim=1)


@dataclass(frozen=True)
class Picturing(Denoising):
    """What a prior is trained on: the denoising loss of pictures' embeddings, told the captions'. It says x̂, as DALL·E 2's does."""

    objective: Objective = Objective.X
    towers: str = TOWERS

    def batches(self, *worlds: World) -> Batches:
        """Embeddings of a frame of each clip, and those of the captions."""
        net = towers(self.towers)

        @torch.no_grad()
        def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
            parts = in_turns(worlds, n, seed)
            pictures = torch.cat([part.video[:, :, :1] for part in parts])
            captions = [caption for part in parts for caption in part.caption]
            return as_clip(net.see(pictures)), Cond(content=net.read(captions))

        return draw


def pictured(
    prior, captions: list[str], seed: int = 0, steps: int = 25, guidance: float | int = 1.0
) -> Float[Tensor, "b d"]:
    """For each caption the embedding of a picture that it might be of, of length one: what `Cond.content` takes.

    prior: a trained model of the zoo, `zoo.load("prior-digits")`. guidance: 1 is the prior alone; above, embeddings that say the caption louder
    and differ less. Raises ValueError for a word that is none.
    """
    cond = Cond(content=towers(prior.run.loss.towers).read(captions))
    z = torch.randn(len(captions), *prior.shape, generator=plain_generator(seed))
    path = ddim(guided(prior.denoiser, guidance), z, prior.schedule, prior.objective, steps, cond)
    return as_embedding(sample(path))
