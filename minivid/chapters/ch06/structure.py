"""Gen-1 in small: a clip whose structure is another clip's, and which looks like a picture (chapter 6).

Esser et al. 2023, "Structure and Content-Guided Video Synthesis with Diffusion Models", sec. 3. Structure is depth, blurred, beside the noisy clip; the
simulator knows the order in depth, where the paper estimates depth, and its edges go with it. Content is the embedding of one frame, in
training one of the clip's own. Checked by tests/chapters/ch06/test_structure.py.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated, inflated_config
from minivid.adapt.controlnet import edges
from minivid.batches import Batches, in_turns
from minivid.data.world import Clips
from minivid.diffusion.guidance import guided
from minivid.diffusion.samplers import ddim, sample
from minivid.judges import FILMED
from minivid.nn.condition import Cond
from minivid.picturing import towers
from minivid.run import Run
from minivid.tools.seeds import generator, plain_generator
from minivid.train import TrainConfig, Training

BLURS = (0, 2, 6, 16)
"""How often the structure is blurred in training, each as likely as another."""
METHOD = Method.VIDEO_LDM
Blur = Callable[[Tensor, Tensor, Tensor], Tensor]


def nearness(clips: Clips) -> Float[Tensor, "n t h w"]:
    """1 where the nearest digit is seen, less for each that is farther, 0 for the ground: an order, and no distances."""
    digits = clips.digit.shape[1]
    near = 1 - clips.depth.to(clips.mask) / digits  # n k
    return torch.einsum("nkthw,nk->nthw", clips.mask[:, :-1], near)


def structure(
    depth: Float[Tensor, "b t h w"], outline: Float[Tensor, "b t h w"], level: Int[Tensor, "b"]
) -> Float[Tensor, "b 2 t h w"]:
    """Depth and edges, each frame of a clip blurred as often as its level says; once is the mean of a pixel and its neighbours, 3×3.

    t such blurs, far from the border, have a deviation of √(2t/3) pixels. What lies beyond the picture does not count.
    """
    both = torch.stack([depth, outline], dim=1)
    for times in range(int(level.max())):
        softer = F.avg_pool2d(both.flatten(0, 1), 3, 1, 1, count_include_pad=False).unflatten(0, both.shape[:2])
        both = torch.where((times < level)[:, None, None, None, None], softer, both)
    return both


def structure_of(clips: Clips, level: Int[Tensor, "n"], blur: Blur = structure) -> Float[Tensor, "n 2 t h w"]:
    """What is told of these clips: where something is and what stands in front, and nothing of how it looks."""
    near = nearness(clips)
    return blur(near, edges(near), level)


def told(structure: Float[Tensor, "b 2 t h w"], level: Int[Tensor, "b"], content: Float[Tensor, "b d"]) -> Cond:
    """The condition: structure beside each noisy frame, how often it was blurred, a picture's embedding."""
    return Cond(known=structure, numbers=level[:, None].to(structure), content=content)


def batches(n: int, seed: tuple[int, ...], blur: Blur = structure) -> tuple[Float[Tensor, "n c t h w"], Cond]:
    """Clips of the worlds that the towers know, each told its own structure and one of its own frames."""
    parts, chance = in_turns(FILMED, n, seed), generator(seed, "told")
    video = torch.cat([part.video for part in parts])
    level = torch.tensor(BLURS)[torch.randint(len(BLURS), (n,), generator=chance)]
    known = torch.cat(
        [structure_of(part, some, blur) for part, some in zip(parts, level.split([*map(len, parts)]), strict=True)]
    )
    frame = torch.randint(video.shape[2], (n,), generator=chance)
    return video, told(known, level, embedded(video[torch.arange(n), :, frame]))


@torch.no_grad()
def embedded(pictures: Float[Tensor, "b c h w"]) -> Float[Tensor, "b d"]:
    """Where the towers put these pictures: directions of length one."""
    return towers().see(pictures[:, :, None])


def restyler(image: zoo.Model, training: TrainConfig, data: Batches = batches) -> tuple[Run, Training]:
    """The run that trains all of an inflated image model on them, not yet begun; `data` makes its clips and what is told of them."""
    shape = {"known": 2, "numbers": 1, "content": towers().project_clip.out_features, "whole": True}
    run = Run(
        "structure-and-content", inflated_config(image.network, METHOD, **shape), image.run.loss, training, FILMED
    )
    return run, run.start(data=data, build=lambda: inflated(image.network, METHOD, **shape))


def restyled(
    model: zoo.Model, cond: Cond, guidance: float | int = 1.0, seed: int = 0, steps: int = 8
) -> Float[Tensor, "b c t h w"]:
    """Clips of this structure and content, from the same noise whatever is told. guidance: away from what is drawn without the content."""
    z = torch.randn(len(cond.known), *model.shape, generator=plain_generator(seed))
    path = ddim(guided(model.denoiser, guidance), z, model.schedule, model.objective, steps, cond)
    return sample(path).clamp(-1, 1)
