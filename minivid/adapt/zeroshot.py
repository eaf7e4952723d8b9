"""Text2Video-Zero: a clip out of an image model, and nothing is trained (chapter 7; tests/adapt/test_zeroshot.py, tests/oracles).

Khachatryan et al. 2023, "Text2Video-Zero": one frame is brought part of the way to the clip, copied, moved along a straight line, made as
noisy again as it was a little earlier, and all frames are brought to the end together, each looking at the first one.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.adapt.base import all_weights
from minivid.adapt.inflate import PARTS, InflatedConfig, Method, check_image_model
from minivid.checkpoint import load_into
from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import Path, predict
from minivid.diffusion.schedule import Schedule
from minivid.diffusion.solvers import step_with
from minivid.nn.attention import keys
from minivid.nn.attention.core import SPACE, Attention
from minivid.nn.unet import Parts, UNet


def looking_at(image: UNet, policy: keys.Keys = keys.first_frame) -> UNet:
    """The image model with the same weights, its attention over space looking at other frames' keys and values; the caption's as before.

    By default at the first frame's. On one frame it is the image model. It may have a motion module, which stays as it is. Raises
    ValueError for what is no image model.
    """
    network = UNet(
        image.config, replace(parts_of(image), spatial=lambda dim, heads: Attention(dim, heads, SPACE, policy))
    )
    load_into(network, all_weights(image), "the image model")
    return network.train(image.training).requires_grad_(False)


def parts_of(image: UNet) -> Parts:
    """What an image model is put together from, with or without AnimateDiff's motion module. Raises ValueError for another network."""
    if isinstance(image.config, InflatedConfig) and image.config.method is Method.ANIMATEDIFF:
        return PARTS[Method.ANIMATEDIFF]
    check_image_model(image)
    return Parts()


def motion_field(delta: tuple[float | int, float | int], frames: int) -> Float[Tensor, "t 2"]:
    """How far each frame's content has moved, (x, y) in pixels: k · δ for frame k, counted from 0 (alg. 1; λ δ of the paper is δ here)."""
    return torch.arange(frames)[:, None] * torch.tensor(delta, dtype=torch.float32)


def moved(z: Float[Tensor, "b c t h w"], by: Float[Tensor, "t 2"]) -> Float[Tensor, "b c t h w"]:
    """Each frame with its content moved by `by` (x to the right, y down), to the nearest whole pixel; mirrored at the border.

    A pixel looks up where its content *was*, q − by. To the nearest, not between pixels: a mean of noise is less than noise.
    """
    *_, h, w = z.shape
    frames = []
    for k, (dx, dy) in enumerate(by.round().long().tolist()):
        rows, columns = mirrored(torch.arange(h) - dy, h), mirrored(torch.arange(w) - dx, w)
        frames.append(z[:, :, k][..., rows.to(z.device)[:, None], columns.to(z.device)])
    return torch.stack(frames, dim=2)


def mirrored(index: Tensor, size: int) -> Tensor:
    """Places beyond 0 … size − 1, mirrored at the picture's edge: −1 is 0, size is size − 1."""
    index = index % (2 * size)
    return torch.minimum(index, 2 * size - 1 - index)


def noised_further(
    z_s: Video, logsnr_s: Float[Tensor, ""], logsnr_t: Float[Tensor, ""], schedule: Schedule, noise: Video
) -> Video:
    """A draw from q(z_t | z_s), λ_t ≤ λ_s: forward again by DDPM, from where z_s is (Ho et al. 2020, eq. 4, over several steps).

    At λ_t = λ_s it is z_s itself. Raises ValueError where λ_t is the cleaner level.
    """
    if logsnr_t > logsnr_s:
        raise ValueError(
            f"noise is added on the way to a lower log-SNR, but λ would go from {logsnr_s:g} to {logsnr_t:g}."
        )
    (alpha_s, _), (alpha_t, sigma_t) = schedule.alpha_sigma(logsnr_s), schedule.alpha_sigma(logsnr_t)
    fresh = -torch.expm1(logsnr_t - logsnr_s)  # the share of σ_t² that is not there yet
    return alpha_t / alpha_s * z_s + fresh.sqrt() * sigma_t * noise


def smoothed(z: Video, moved_first: Video, foreground: Float[Tensor, "b 1 t h w"], share: float = 0.6) -> Video:
    """Background smoothing (eq. 9): outside the foreground, `share` of the first frame, moved, and the rest of the frame's own."""
    background = share * moved_first + (1 - share) * z
    return foreground * z + (1 - foreground) * background


def bright(x_hat: Video, threshold: float = 0.0) -> Float[Tensor, "b 1 t h w"]:
    """1 where the brightest channel of x̂ is above `threshold`, and one pixel around: what is a digit in the course's world.

    The paper asks a network for salient objects; anything that says where they are fits here.
    """
    b, _, t, h, w = x_hat.shape
    above = (x_hat.amax(1) > threshold).float()  # b t h w
    return F.max_pool2d(above, 3, 1, 1).reshape(b, 1, t, h, w)


def zero_shot(
    model,
    z: Float[Tensor, "b c 1 h w"],
    schedule: Schedule,
    objective: Objective,
    by: Float[Tensor, "t 2"],
    steps: int = 30,
    turn: tuple[int, int] = (5, 10),
    cond=None,
    smooth: tuple[int, float] | None = None,
    foreground: Callable[[Video], Tensor] = bright,
    generator: torch.Generator | None = None,
) -> Path:
    """Text2Video-Zero (alg. 1) from one noisy frame a clip; `model` should look at the first frame (`looking_at`).

    The one frame goes by DDIM to step turn[0] (t₁, the paper's T; it is the clip's first frame there) and on to turn[1] (t₀, its T′). Copies of
    it are moved along `by` and noised back to turn[0], each frame by noise of its own; from there all go on together. `smooth`:
    (step, share), before which step the background is smoothed, and how much. Yields (z, x̂) of all frames after each step from
    turn[0] on. Raises ValueError for turns that are no steps in order, and for a smoothing outside of what follows them.
    """
    early, late = turn
    if not 0 <= early <= late < steps:
        raise ValueError(f"turn is {turn} of {steps} steps; expected 0 <= turn[0] <= turn[1] < {steps}.")
    if smooth is not None and not early <= smooth[0] < steps:
        raise ValueError(
            f"smooth is before step {smooth[0]}; expected one of {early} to {steps - 1}, where all frames are."
        )
    levels = schedule.logsnr(torch.linspace(1, 0, steps + 1, device=z.device))

    def step(z: Video, i: int) -> tuple[Video, Video]:
        x_hat, _ = predict(model, z, levels[i], schedule, objective, cond)
        ends = *schedule.alpha_sigma(levels[i]), *schedule.alpha_sigma(levels[i + 1])
        return (x_hat if i == steps - 1 else step_with(x_hat, z, *ends)), x_hat

    for i in range(early):
        z, _ = step(z, i)
    further = z
    for i in range(early, late):
        further, _ = step(further, i)
    copies = moved(further.expand(-1, -1, len(by), -1, -1), by)
    noise = torch.randn(copies.shape, generator=generator).to(copies)
    back = noised_further(copies, levels[late], levels[early], schedule, noise)
    z = torch.cat([z, back[:, :, 1:]], dim=2)
    for i in range(early, steps):
        if smooth is not None and i == smooth[0]:
            x_hat, _ = predict(model, z, levels[i], schedule, objective, cond)
            z = smoothed(z, moved(z[:, :, :1].expand_as(z), by), foreground(x_hat), smooth[1])
        z, x_hat = step(z, i)
        yield z, x_hat
