"""Tune-A-Video: the image model is tuned on one clip, which is then edited by prompt (tests/chapters/ch06/test_one_shot.py).

Wu et al. 2023, "Tune-A-Video", sec. 4: the clip is brought to noise by DDIM, told its own caption, and back by another.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from minivid import zoo
from minivid.adapt import Method, inflated
from minivid.chapters.ch06.clips import WORLD, model_of, video_run
from minivid.data.captions import parse, tokenize, write
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Video
from minivid.diffusion.samplers import predict
from minivid.nn.condition import Cond
from minivid.train import TrainConfig

TUNING = TrainConfig(steps=40, batch=2, warmup=5, ema=0.9)
GUIDANCE = 3.0
"""How strongly the new caption is followed; on the way up there is none, since it could not be taken back."""
Who = Callable[[Video, Tensor], tuple[Video, Video]]


def tuned(image: zoo.Model, clip: Video, caption: str, training: TrainConfig = TUNING) -> zoo.Model:
    """The image model with keys of the first frame and the one before, tuned on this clip alone (1 c t h w)."""

    def again(n: int, seed: tuple[int, ...]) -> tuple[Video, Cond]:
        return clip.expand(n, -1, -1, -1, -1), Cond(*tokenize([caption] * n))

    run = video_run(image, Method.TUNE_A_VIDEO, training)
    training = run.start(data=again, build=lambda: inflated(image.network, Method.TUNE_A_VIDEO))
    for _ in training.steps(progress=False):
        pass
    return model_of(image, Method.TUNE_A_VIDEO, training.ema)


def told(model: zoo.Model, captions: list[str], guidance: float = 1.0) -> Who:
    """The model, told these captions: (x̂, ε̂) of a clip at a level."""
    cond, asked = Cond(*tokenize(captions)), guided(model.denoiser, guidance)
    return lambda z, logsnr: predict(asked, z, logsnr, model.schedule, model.objective, cond)


def step_by(model: zoo.Model) -> Callable[[Video, Tensor, Tensor, Who], Video]:
    """DDIM's step from level s to t, either way: x̂ and ε̂ where z is, mixed as they are mixed at t."""

    def step(z: Video, s: Tensor, t: Tensor, who: Who) -> Video:
        x_hat, eps_hat = who(z, s)
        alpha, sigma = model.schedule.alpha_sigma(t)
        return alpha * x_hat + sigma * eps_hat

    return step


def way(model: zoo.Model, steps: int) -> Tensor:
    """The levels between clip and noise, the clip's first."""
    return model.schedule.logsnr(torch.linspace(0, 1, steps + 1))


def other_digit(caption: str, by: int) -> str:
    """The caption with another digit: so many further, 9 before 0."""
    (motion,) = parse(caption)
    return write([type(motion)((motion.digit + by) % 10, motion.directions, motion.speeds, motion.colour)])


def source_clips(n: int, seed: int) -> tuple[Video, list[str], list[str]]:
    """n clips, their captions, and captions that ask for another digit, each for one of the other nine."""
    clips = WORLD.sample(n, seed)
    by = torch.randint(1, 10, (n,), generator=torch.Generator().manual_seed(seed)).tolist()
    return clips.video, clips.caption, [other_digit(caption, k) for caption, k in zip(clips.caption, by, strict=True)]
