"""What chapter 7 films: a caption's digit, moved as its direction word says, with each of Text2Video-Zero's pieces or without it.

The image model has heard direction words and never seen what they mean (`image-digits` learnt still pictures); here the word becomes δ.
Tests in tests/chapters/ch07/test_films.py.
"""

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt.zeroshot import looking_at, motion_field, zero_shot
from minivid.data.captions import DIRECTIONS, parse, tokenize
from minivid.data.world import World
from minivid.diffusion.guidance import guided
from minivid.nn.attention import keys
from minivid.nn.condition import Cond
from minivid.tools.seeds import generator

WORLD: World = zoo.recipe("image-digits").worlds[0]
"""A coloured digit before a gradient, in single frames: the first of the image model's three worlds."""
FRAMES = 6
SPEED = 1.0
"""The length of δ, in pixels a frame."""
STEPS = 12
TURN = (5, 7)
"""t₁ and t₀, the paper's T and T′, as steps of STEPS: where all frames begin, and where the motion is put in."""
SHARE = 0.6
GUIDANCE = 2.0


@dataclass(frozen=True)
class Pieces:
    """Which of the method's pieces a film is made with. motion: frames are moved. noise: they are made noisier again, each for itself.
    attention: they look at the first frame. smoothing: their background is mixed with the first frame's."""

    motion: bool = True
    noise: bool = True
    attention: bool = True
    smoothing: bool = True


ALL = Pieces()


def delta_of(caption: str, speed: float = SPEED) -> tuple[float, float]:
    """δ for a caption, (x, y) in pixels a frame: its direction word, at this speed."""
    x, y = DIRECTIONS[parse(caption)[0].direction]
    return speed * x, speed * y


def film(
    image: zoo.Model,
    captions: list[str],
    delta: tuple[float | int, float | int] | None = None,
    pieces: Pieces = ALL,
    seed: int = 0,
    frames: int = FRAMES,
    policy: keys.Keys = keys.first_frame,
) -> Float[Tensor, "b c t h w"]:
    """Clips of the captions by Text2Video-Zero, cut to ±1. `delta` is for all of them; by default each moves as its direction word says.

    With the same seed a caption begins from the same noise, whatever the pieces, and its first frame is the same picture.
    """
    network = guided(looking_at(image.network, policy) if pieces.attention else image.network, GUIDANCE)
    noise = image.noise(len(captions), seed)
    ways = [delta or delta_of(caption) for caption in captions]
    clips = torch.empty(len(captions), image.shape[0], frames, *image.shape[2:])
    for way in dict.fromkeys(ways):
        chosen = [i for i, other in enumerate(ways) if other == way]
        *_, (z, _) = zero_shot(
            network,
            noise[chosen],
            image.schedule,
            image.objective,
            by=motion_field(way if pieces.motion else (0.0, 0.0), frames),
            steps=STEPS,
            turn=TURN if pieces.noise else (TURN[1], TURN[1]),
            cond=Cond(*tokenize([captions[i] for i in chosen])),
            smooth=(TURN[1], SHARE) if pieces.smoothing else None,
            generator=generator((seed, chosen[0]), "frames"),
        )
        clips[chosen] = z.clamp(-1, 1)
    return clips


def pushed(clips: Float[Tensor, "b c t h w"], captions: list[str]) -> Float[Tensor, "b c t h w"]:
    """The cheapest film: each clip's finished first frame, shifted as its caption says, black coming in at the border."""
    *_, frames, h, w = clips.shape
    out = -torch.ones_like(clips)
    for i, caption in enumerate(captions):
        for k, (dx, dy) in enumerate(motion_field(delta_of(caption), frames).round().long().tolist()):
            rows = slice(max(0, dy), h + min(0, dy)), slice(max(0, -dy), h - max(0, dy))
            columns = slice(max(0, dx), w + min(0, dx)), slice(max(0, -dx), w - max(0, dx))
            out[i, :, k, rows[0], columns[0]] = clips[i, :, 0, rows[1], columns[1]]
    return out
