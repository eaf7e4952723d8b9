"""1.4: a loss for steadiness, with its gradient."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, Promises, WrongAnswer, agrees, returned
from minivid.metrics import temporal

H, W = 10, 13


def short_term_loss(
    video: Float[Tensor, "b c t h w"], given: Float[Tensor, "b c t h w"], backward_flow: Float[Tensor, "b steps 2 h w"]
) -> Float[Tensor, ""]:
    """Mean of M |O_t − warp(O_{t−1})| in brightness from 0 to 1, M = exp(−50 ‖I_t − warp(I_{t−1})‖²) (Lai et al. 2018, eq. 3)."""
    return temporal.short_term_loss(video, given, backward_flow)


def _clips(
    seed: int, dx: int = 0, dy: int = 0, channels: int = 1, kept: bool = True, other: bool = False, frames: int = 3
) -> dict:
    """A made video of noise beside a given one that moves by whole pixels a frame.

    kept: the given video keeps its promise, and every pixel is trusted. other: the two pairs of frames move in other ways.
    """
    generator = torch.Generator().manual_seed(seed)
    shape = (2, channels, frames, H, W)
    video = 1.8 * torch.rand(shape, generator=generator) - 0.9
    steps = torch.tensor([[dx, dy], [-dy, dx]] if other else [[dx, dy]] * (frames - 1))
    given = [1.8 * torch.rand((*shape[:2], H, W), generator=generator) - 0.9]
    for step in steps.tolist():
        given.append(given[-1].roll(step, dims=(3, 2)))
    given = torch.stack(given, dim=2)
    # at the border other things come in; there the given video is even, so that nothing is seen of it
    if kept:
        given = torch.full_like(given, 0.3)
    else:
        given[:, :, 1:] += 0.25 * torch.randn((*shape[:2], frames - 1, H, W), generator=generator)
    flow = -steps.float()[None, :, :, None, None].expand(2, frames - 1, 2, H, W)
    return {"video": video, "given": given.clamp(-1, 1), "backward_flow": flow.clone()}


_loss = returned("loss")
_agrees = agrees(short_term_loss, _loss)


def _gradient(obj, inputs: dict) -> dict:
    """What a step of training would follow."""
    video = inputs["video"].clone().requires_grad_()
    loss = obj(video, inputs["given"].clone(), inputs["backward_flow"].clone())
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        raise WrongAnswer(
            "The loss has no gradient: keep it a tensor, connected to the video (no item, detach or no_grad)."
        )
    return {"gradient": torch.autograd.grad(loss, video)[0]}


EXERCISE = Exercise(
    id="1.4",
    title="A loss for steadiness",
    points=3,
    stars=2,
    minutes=20,
    reference=short_term_loss,
    promises=Promises(gradient=True),
    answers=(short_term_loss, temporal.short_term_loss),
    probes=(
        Probe(
            "nothing moves",
            "The given video stands still and is trusted everywhere (M is 1, whatever the made video does), so the loss is the mean of |O_t − O_{t−1}| over all values of all pairs: one "
            "number, brightness from 0 to 1, which is half of the difference in [−1, 1].",
            partial(_clips, channels=3),
            _loss,
            _agrees,
        ),
        Probe(
            "direction",
            "Everything moves sideways. The flow leads from frame t *back* to frame t − 1: frame t − 1 is looked up along it, and stands then where "
            "frame t does.",
            partial(_clips, dx=3),
            _loss,
            _agrees,
        ),
        Probe(
            "each pair its own",
            "Two pairs of frames move in different ways: pair s of the flow belongs to frames s and s + 1 of the same clip.",
            partial(_clips, dx=2, dy=1, other=True),
            _loss,
            _agrees,
        ),
        Probe(
            "trust",
            "Nothing moves, and the given video breaks its promise here and there: each pixel's difference is weighed by "
            "exp(−50 ‖I_t − warp(I_{t−1})‖²) of the *given* video, in brightness from 0 to 1, before the mean over all pixels.",
            partial(_clips, kept=False),
            _loss,
            _agrees,
        ),
        Probe(
            "trust in colour",
            "In grey the trust is right. In colour ‖·‖² sums the squares over the channels, so a pixel has one trust for all of them.",
            partial(_clips, kept=False, channels=3),
            _loss,
            _agrees,
        ),
        Probe(
            "trust follows the motion",
            "The given video moves too: it is warped by the same flow before it is asked whether it keeps its promise.",
            partial(_clips, kept=False, dx=2),
            _loss,
            _agrees,
        ),
        Probe(
            "gradient",
            "The number is right and its gradient is not: a step must change *both* frames of a pair, through the warp.",
            partial(_clips, dx=2, kept=False),
            _gradient,
            agrees(short_term_loss, _gradient, rtol=1e-3, atol=1e-6),
        ),
    ),
)
