"""Make-A-Video's decoder D: from a picture's embedding to a few small frames, which move as clips without captions do (chapter 6).

Singer et al. 2022, "Make-A-Video", sec. 3: a network of pictures is told an embedding in the place of words; put into time it then sees clips
of which nothing is said, each told the embedding of its own middle frame; trained on with a mask it fills in frames. Here the network is
`image-digits` at half its size. Checked by tests/chapters/ch06/test_decoder.py.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated, inflated_config
from minivid.adapt.supers import smaller
from minivid.chapters.ch06.between import FRAMES, LONGER, given_at, shown
from minivid.checkpoint import load_into, weights_of
from minivid.diffusion.guidance import guided
from minivid.diffusion.samplers import ddim, sample
from minivid.nn.condition import Cond
from minivid.nn.unet import UNet
from minivid.run import Run
from minivid.tools.seeds import generator, plain_generator
from minivid.train import TrainConfig, Training

See = Callable[[Float[Tensor, "b c 1 h w"]], Float[Tensor, "b d"]]
"""From pictures to their embeddings: `towers().see`."""
METHOD = Method.MAKE_A_VIDEO
GAP = 2
"""D draws every second frame."""
FEW = FRAMES // GAP + 1
SIDE = LONGER.height // 2
GAPS = (2, 4)
"""Of frames filled in, how far apart the given ones are in training."""


def at_half_size(image: UNet, content: int) -> UNet:
    """The image model for pictures of half its size, a pixel where it had 2 × 2, that can be told an embedding of `content` numbers.

    Of a small picture it says the mean of what the image model says of the same with each pixel four times; a picture's embedding
    changes nothing at first.
    """
    p = image.config.patch
    network = replace(image.config, patch=1, content=content).build()
    weights = weights_of(image)
    into = rearrange(weights["conv_in.weight"], "d (k c p q) -> d k c p q", c=image.config.channels, p=p, q=p)
    weights["conv_in.weight"] = rearrange(into.sum((-2, -1)), "d k c -> d (k c)")
    for name in ("conv_out.weight", "conv_out.bias"):
        out = rearrange(weights[name].reshape(p * p * image.config.channels, -1), "(c pq) i -> c pq i", pq=p * p)
        weights[name] = out.mean(1).reshape(-1, *weights[name].shape[1:])
    own = weights_of(network)
    load_into(
        network, weights | {name: own[name] for name in own if name not in weights}, "the image model, at half its size"
    )
    return network


def pictures(see: See) -> Callable[[int, tuple[int, ...]], tuple[Tensor, Cond]]:
    """Batches of small pictures, `n c 1 h w`, and the embedding of each: no word of its caption."""

    @torch.no_grad()
    def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
        video = replace(LONGER, frames=1).sample(n, seed).video
        return smaller(video), Cond(content=see(video))

    return draw


def unlabelled(
    see: See, video_of: Callable[[int, tuple[int, ...]], Tensor] = lambda n, seed: LONGER.sample(n, seed).video
) -> Callable[[int, tuple[int, ...]], tuple[Tensor, Cond]]:
    """Batches of few small frames, and the embedding of the middle one. `video_of(n, seed)` gives clips and nothing besides."""

    @torch.no_grad()
    def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
        video = video_of(n, seed)[:, :, ::GAP]
        middle = video.shape[2] // 2
        return smaller(video), Cond(content=see(video[:, :, middle : middle + 1]))

    return draw


def partly_shown(see: See) -> Callable[[int, tuple[int, ...]], tuple[Tensor, Cond]]:
    """Batches of all small frames: some are shown with a mask, how far apart they are is a number, and again an embedding is all that is said."""

    @torch.no_grad()
    def draw(n: int, seed: tuple[int, ...]) -> tuple[Tensor, Cond]:
        video = LONGER.sample(n, seed).video
        gap = torch.tensor(GAPS)[torch.randint(len(GAPS), (n,), generator=generator(seed, "gap"))]
        given = torch.stack([given_at(one) for one in gap.tolist()])
        content = see(video[:, :, FRAMES // 2 : FRAMES // 2 + 1])
        return smaller(video), Cond(known=shown(smaller(video), given), numbers=gap[:, None].float(), content=content)

    return draw


def picture_run(image: zoo.Model, see: See, dim: int, training: TrainConfig) -> tuple[Run, Training]:
    """The run that tells the image model, at half its size, an embedding of `dim` numbers in the place of words; not yet begun."""
    start = at_half_size(image.network, dim)
    run = Run("pictures-of-embeddings", start.config, image.run.loss, training, clip=(image.shape[0], 1, SIDE, SIDE))
    return run, run.start(data=pictures(see), build=lambda: start)


def video_run(small: UNet, like: Run, see: See, training: TrainConfig) -> tuple[Run, Training]:
    """The run that puts it into time: trained are its layers over time and what reads the embedding, on clips of which no words are said; not yet begun."""
    shape = {"known": small.config.channels + 1, "numbers": 1}
    config = inflated_config(small, METHOD, **shape)
    run = Run("decoder", config, like.loss, training, clip=(small.config.channels, FEW, SIDE, SIDE))
    return run, run.start(data=unlabelled(see), build=lambda: inflated(small, METHOD, **shape))


def filling_run(decoder: UNet, like: Run, see: See, training: TrainConfig) -> tuple[Run, Training]:
    """The run that trains D on to fill in frames: the same network, shown some of them; not yet begun."""
    run = replace(like, name="between-small", training=training, clip=(decoder.config.channels, FRAMES, SIDE, SIDE))

    def build() -> UNet:
        network = decoder.config.build()
        load_into(network, weights_of(decoder), "the decoder")
        return network

    return run, run.start(data=partly_shown(see), build=build)


def decoded(
    decoder: zoo.Model,
    content: Float[Tensor, "b d"],
    seed: int = 0,
    steps: int = 20,
    guidance: float | int = 2.0,
) -> Float[Tensor, "b c t h w"]:
    """A few small frames for each embedding, in [−1, 1]."""
    z = torch.randn(len(content), *decoder.shape, generator=plain_generator(seed))
    model = guided(decoder.denoiser, guidance)
    return sample(ddim(model, z, decoder.schedule, decoder.objective, steps, Cond(content=content))).clamp(-1, 1)


def filled(
    filler: zoo.Model, few: Float[Tensor, "b c t h w"], content: Float[Tensor, "b d"], seed: int = 0, steps: int = 20
) -> Float[Tensor, "b c t2 h w"]:
    """A new frame between every two, in [−1, 1]; those that are there stay as they are."""
    b, c, t, h, w = few.shape
    spread = few.new_zeros(b, c, GAP * (t - 1) + 1, h, w)
    spread[:, :, ::GAP] = few
    given = given_at(GAP, spread.shape[2])
    cond = Cond(known=shown(spread, given.expand(b, -1)), numbers=torch.full((b, 1), float(GAP)), content=content)
    z = torch.randn(spread.shape, generator=plain_generator(seed))
    drawn = sample(ddim(filler.denoiser, z, filler.schedule, filler.objective, steps, cond)).clamp(-1, 1)
    return torch.where(given[:, None, None], spread, drawn)
