"""What chapter 7 films by a control: the edges of a digit that the world has moved, told to the image model frame by frame.

Tests in tests/chapters/ch07/test_steered.py.
"""

from dataclasses import replace
from functools import partial

from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.controlnet import Controlled, ControlNet, control_of, controlled
from minivid.adapt.controlvideo import Between, along_flow, control_video, first_and_last, hierarchical, interleaved
from minivid.chapters.ch07.films import FRAMES, GUIDANCE, STEPS
from minivid.chapters.ch07.films import WORLD as PICTURES
from minivid.data.captions import parse, tokenize, write
from minivid.data.world import Clips, World
from minivid.diffusion.guidance import guided
from minivid.diffusion.samplers import sample
from minivid.nn.attention import keys
from minivid.nn.condition import Cond
from minivid.nn.unet import UNet

WORLD: World = replace(PICTURES, frames=FRAMES, split="heldout")
"""Films in handwriting that neither the image model nor the ControlNet has seen; a digit that meets a wall turns round."""
SMOOTH = (7, 8)
"""The smoother's steps of STEPS: as far from the noise as the paper's {30, 31} of 50."""
EVERY = 8
"""Of a long film, each so-manieth frame is a key frame."""


def pair(model: zoo.Model) -> tuple[UNet, ControlNet]:
    """The image model and the ControlNet of `control-digits`."""
    network: Controlled = model.network
    return network.image, network.control


def steered(
    model: zoo.Model,
    captions: list[str],
    control: Float[Tensor, "b k t h w"] | None,
    policy: keys.Keys = keys.first_frame,
    frames: int | None = None,
    seed: int = 0,
    strength: float | int = 1.0,
    smooth: tuple[int, ...] = (),
    between: Between = along_flow,
    steps: int = STEPS,
) -> Float[Tensor, "b c t h w"]:
    """Clips of the captions under a control, all frames from one noise, cut to ±1; without a control, `frames` of them."""
    network = controlled(*pair(model), policy, strength)
    return filmed(model, network, captions, control, frames, seed, smooth, between, steps)


def long_film(
    model: zoo.Model, captions: list[str], control: Float[Tensor, "b k t h w"], every: int = EVERY, seed: int = 0
) -> Float[Tensor, "b c t h w"]:
    """A long film in two storeys: key frames, which look at all key frames, and those between, which look at two."""
    two = pair(model)
    network = hierarchical(controlled(*two, keys.all_frames), controlled(*two, first_and_last), every)
    return filmed(model, network, captions, control, None, seed)


def filmed(
    model, network, captions, control, frames=None, seed=0, smooth=(), between=along_flow, steps=STEPS
) -> Tensor:
    """By any denoiser, guided, from the seed's noise."""
    frames = control.shape[2] if control is not None else frames
    cond, noise = Cond(*tokenize(captions), control=control), model.noise(len(captions), seed)
    guide = guided(network, GUIDANCE)
    smoother = partial(interleaved, between=between)
    path = control_video(guide, noise, frames, model.schedule, model.objective, steps, cond, smooth, smoother)
    return sample(path).clamp(-1, 1)


def recoloured(captions: list[str], colours: list[str]) -> list[str]:
    """The same captions with other colour words."""
    return [
        write([replace(parse(caption)[0], colour=colour)]) for caption, colour in zip(captions, colours, strict=True)
    ]


def renumbered(captions: list[str], by: int = 1) -> list[str]:
    """The same captions with another numeral: each one further, 9 to 0."""
    motions = [parse(caption)[0] for caption in captions]
    return [write([replace(motion, digit=(motion.digit + by) % 10)]) for motion in motions]


def shown(control: Float[Tensor, "b k t h w"]) -> Float[Tensor, "b 3 t h w"]:
    """A control as a picture: white where any of its kinds is."""
    return (2 * control.amax(1, keepdim=True) - 1).expand(-1, 3, -1, -1, -1)


def edges_of(clips: Clips) -> Float[Tensor, "n 2 t h w"]:
    """The edges of the clips' digits, and no mask."""
    return control_of(clips, "edges")
