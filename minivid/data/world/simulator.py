"""The simulator: from a world's options, a seed and perhaps captions to clips with their truth.

Chapter 0. Checked by tests/data/test_world.py.
"""

import math
from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.data.glyphs import Glyphs
from minivid.data.world import draw, look, render
from minivid.data.world.audio import clicks
from minivid.data.world.draw import Cast
from minivid.data.world.options import Options, fitting_glyphs, need
from minivid.data.world.tracks import Shape, draw_shape, draw_tracks, walls
from minivid.data.world.truth import Clips
from minivid.tools.seeds import Seed, generator


def _shutter(world: Options) -> Float[Tensor, " b"]:
    """The instants, around a frame's own, at which the scene is seen while the shutter is open."""
    many = max(3, math.ceil(4 * world.quickly[1] * world.motion_blur)) if world.motion_blur else 1
    return ((torch.arange(many, dtype=torch.float64) + 0.5) / many - 0.5) * world.motion_blur


class World(Options):
    """Handwritten digits that move between elastic walls, the picture's edges. Lengths are pixels, times are frames.

    `World().sample(32, seed=0)` makes 32 clips with their exact truth. Two worlds that differ in looks alone show the same
    motions for the same seed. Raises ValueError, with a sentence, for options that make no world.
    """

    def sample(self, n: int, seed: Seed, caption: str | Sequence[str] | None = None) -> Clips:
        """n clips with their truth. The same seed gives the same bytes, and torch's own random state is left alone.

        `seed` is a whole number or a tuple of them, such as (seed, step). `caption`, one for all or one for each clip,
        decides what it names; chance decides the rest. Raises ValueError for a caption that this world cannot obey.
        """
        return simulate(self, n, seed, caption)


def simulate(world: Options, n: int, seed: Seed, caption: str | Sequence[str] | None = None) -> Clips:
    """`World.sample`."""
    need(n >= 1, f"A sample has at least one clip; this is n={n}.")
    told = draw.read(caption, n, world)
    shapes = fitting_glyphs(world)
    stream = generator(seed, "motion")
    cast = draw.cast(world, shapes, n, told, stream)
    shape = draw_shape(world, n, stream)
    tracks = draw_tracks(world, cast, walls(world, shapes, cast, shape), stream)

    frames = torch.arange(world.frames, dtype=torch.float64)
    shutter = _shutter(world)
    seen = (frames[:, None] + shutter).flatten()  # t b
    path = tracks.follow(frames)
    heading = torch.rand(n, generator=stream) * 2 * math.pi
    pan = world.pan * torch.stack([heading.cos(), heading.sin()], -1)

    place = path.position if len(shutter) == 1 else tracks.follow(seen).position
    video, mask = picture(world, shapes, cast, shape, place, seen, pan, seed)
    if len(shutter) > 1:
        video, mask = (part.unflatten(2, (world.frames, len(shutter))).mean(3) for part in (video, mask))
    sound = None
    if world.audio:
        voice = generator(seed, "audio")
        sound = clicks(path.bounce, path.impact, cast.digit, world.frames, world.frames_per_second, voice)
    return Clips(
        video=video * 2 - 1,
        caption=cast.captions(world.colour),
        digit=cast.digit,
        index=shapes.index[cast.glyph],
        position=path.position.movedim(-1, 1).float(),
        velocity=path.velocity.movedim(-1, 1).float(),
        angle=shape.angle(frames).transpose(1, 2).float(),
        size=(world.side * shape.factor(frames)).transpose(1, 2).float(),
        depth=cast.depth,
        pan=pan,
        mask=mask,
        bounce=path.bounce.float(),
        audio=sound,
    )


def picture(
    world: Options,
    shapes: Glyphs,
    cast: Cast,
    shape: Shape,
    place: Float[Tensor, "n k 2 t"],
    times: Float[Tensor, " t"],
    pan: Float[Tensor, "n 2"],
    seed: Seed,
) -> tuple[Float[Tensor, "n c t h w"], Float[Tensor, "n layers t h w"]]:
    """The frames in [0, 1] and the layers' masks at these times."""
    n, k = cast.digit.shape
    glyph = cast.glyph.flatten()
    place = place.float().flatten(0, 1).mT.contiguous()  # (n k) t 2
    side = (world.side * shape.factor(times)).float().flatten(0, 1)
    angle = shape.angle(times).float().flatten(0, 1)

    def covered(bitmap: Tensor) -> Tensor:
        centre, extent = shapes.centre[glyph], (world.height, world.width)
        if world.rotation:
            ink = render.turned_coverage(bitmap, centre, place, side, angle, *extent)
        else:
            ink = render.coverage(bitmap, centre, place, side, *extent)
        return ink.unflatten(0, (n, k))

    bitmap = shapes.bitmap[glyph]
    alpha = covered(bitmap)
    free = render.unhidden(alpha, (cast.depth[:, None] < cast.depth[:, :, None]).float())
    mask = render.layers(alpha, free)
    lit = mask[:, :-1]
    if world.texture:
        pattern = look.stripes(bitmap.shape[-1], n, k, generator(seed, "texture")).flatten(0, 1)
        lit = covered(bitmap * pattern) * free
    colour = look.ink(cast.colour, cast.depth, world.colour)
    video = look.neon(lit, colour) if world.neon else torch.einsum("nkthw,nkc->ncthw", lit, colour)
    if world.background != "black":
        behind = generator(seed, "background")
        size = (world.height, world.width)
        video = video + mask[:, -1:] * look.background(
            world.background, times.float(), pan, *size, world.colour, behind
        )
    if world.light:
        lamp = generator(seed, "light")
        video = video * look.light(times.float(), world.frames, world.height, world.width, n, lamp)
    return video.clamp_(0, 1), mask
