"""1.4: a loss for steadiness, with its gradient."""

from functools import partial

import torch
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import told
from minivid.course.exercise import Exercise, Probe, Promises, WrongAnswer, agrees, returned
from minivid.metrics import temporal
from minivid.motion import backward_warp

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


def _change(clips: Tensor, flow: Tensor, later: bool = False, warped: bool = True) -> Float[Tensor, "b c s h w"]:
    """Frame t less the warped one before it, in brightness from 0 to 1. later: frame t is warped, and the one before it is not."""
    before, after = (rearrange(part, "b c s h w -> (b s) c h w") for part in (clips[:, :, :-1], clips[:, :, 1:]))
    flow = flow.flatten(0, 1) * warped
    change = backward_warp(after, flow) - before if later else after - backward_warp(before, flow)
    return rearrange(change / 2, "(b s) c h w -> b c s h w", b=len(clips))


def _trust(change: Tensor) -> Tensor:
    return torch.exp(-50 * change.square().sum(1, keepdim=True))


def _by(change, trust=_trust):
    """The loss with another change, or another trust that is made of the given video's."""
    return lambda o, i, flow: (trust(change(i, flow)) * change(o, flow).abs()).mean()


def _reshaped(clips: Tensor, flow: Tensor) -> Tensor:
    """Time put into the batch without a transpose: rows of other channels and frames."""
    b, c, t, h, w = clips.shape
    before, after = (part.reshape(b * (t - 1), c, h, w) for part in (clips[:, :, :-1], clips[:, :, 1:]))
    return (after - backward_warp(before, flow.flatten(0, 1))) / 2


MISTAKES = {
    "Brightness is counted from −1 to 1 in the change; it should be from 0 to 1, which is half of it.": lambda o, i, flow: (
        2 * (_trust(_change(i, flow)) * _change(o, flow).abs()).mean()
    ),
    "Brightness is counted from −1 to 1, in the change and in the trust; it should be from 0 to 1, which is half of it.": _by(
        lambda x, flow: 2 * _change(x, flow)
    ),
    "The trust is taken from the made video; it should be from the given one.": lambda o, i, flow: (
        _trust(_change(o, flow)) * _change(o, flow).abs()
    ).mean(),
    "Nothing is warped.": _by(lambda x, flow: _change(x, flow, warped=False)),
    "Frame t is warped, and should be the one before it.": _by(lambda x, flow: _change(x, flow, later=True)),
    "The frame before is warped against the flow.": _by(lambda x, flow: _change(x, -flow)),
    "Time was reshaped into the batch without a transpose: c and s must change places first.": _by(_reshaped),
    "Every pixel is trusted.": lambda o, i, flow: _change(o, flow).abs().mean(),
    "The mean is weighed: it is divided by the sum of the trusts, and should be by the number of values.": lambda o, i, flow: (
        (_trust(_change(i, flow)) * _change(o, flow).abs()).sum() / (_trust(_change(i, flow)).sum() * o.shape[1])
    ),
    "The trust's squares are averaged over the channels, and should be summed.": _by(
        _change, lambda d: torch.exp(-50 * d.square().mean(1, keepdim=True))
    ),
    "Each channel has a trust of its own.": _by(_change, lambda d: torch.exp(-50 * d.square())),
    "The given video's change is not squared in the trust.": _by(
        _change, lambda d: torch.exp(-50 * d.abs().sum(1, keepdim=True))
    ),
    "The norm is taken over the whole video: each pixel has a trust.": _by(
        _change, lambda d: torch.exp(-50 * d.norm() ** 2)
    ),
    "In the trust the given video is not warped.": lambda o, i, flow: (
        _trust(_change(i, flow, warped=False)) * _change(o, flow).abs()
    ).mean(),
    "The exponent lacks its minus.": _by(_change, lambda d: torch.exp(50 * d.square().sum(1, keepdim=True))),
    "This is a sum, and should be a mean.": lambda o, i, flow: (
        _trust(_change(i, flow)) * _change(o, flow).abs()
    ).sum(),
    "The change is squared, and should be its absolute value.": lambda o, i, flow: (
        _trust(_change(i, flow)) * _change(o, flow).square()
    ).mean(),
}

_loss = returned("loss")
_agrees = told(agrees(short_term_loss, _loss), _loss, MISTAKES, rtol=1e-4, atol=1e-5)


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
            (
                "The given video stands still, so every pixel is trusted (M is 1, whatever the made video does), and the loss is the mean of |O_t − O_{t−1}|, in "
                "brightness from 0 to 1: that number is off.",
                "One number, the mean over all values of all pairs; in brightness from 0 to 1 a difference is half of that in [−1, 1].",
                "`(after - before) / 2`, its absolute value, `.mean()`.",
            ),
            partial(_clips, channels=3),
            _loss,
            _agrees,
        ),
        Probe(
            "direction",
            (
                "Everything moves sideways, and the loss is off.",
                "The flow leads from frame t *back* to frame t − 1: frame t − 1 is looked up along it, and stands then where frame t does.",
                "`after - backward_warp(before, backward_flow)`.",
            ),
            partial(_clips, dx=3),
            _loss,
            _agrees,
        ),
        Probe(
            "each pair its own",
            (
                "In colour, with two pairs of frames that move in different ways, the loss is off.",
                "Pair s of the flow belongs to frames s and s + 1 of the same clip: time goes into the batch in one order for frames and flows, channels stay apart.",
                '`rearrange(…, "b c s h w -> (b s) c h w")` for frames, `backward_flow.flatten(0, 1)` for flows.',
            ),
            partial(_clips, dx=2, dy=1, channels=3, other=True),
            _loss,
            _agrees,
        ),
        Probe(
            "trust",
            (
                "Nothing moves, and the given video breaks its promise here and there: the loss is off.",
                "Each pixel's difference is weighed by exp(−50 ‖I_t − warp(I_{t−1})‖²) of the *given* video, brightness from 0 to 1, before the mean over all pixels.",
                "`torch.exp(-50 * change(given).square().sum(1, keepdim=True))`.",
            ),
            partial(_clips, kept=False),
            _loss,
            _agrees,
        ),
        Probe(
            "trust in colour",
            (
                "In grey the trust is right, in colour it is off.",
                "‖·‖² sums the squares over the channels, so a pixel has one trust for all of them.",
                "`.square().sum(1, keepdim=True)` inside the exponential.",
            ),
            partial(_clips, kept=False, channels=3),
            _loss,
            _agrees,
        ),
        Probe(
            "trust follows the motion",
            (
                "When the given video moves as well, the trust is off.",
                "It is warped by the same flow before it is asked whether it keeps its promise.",
                "The same `change` for both: `change(given)` and `change(video)`.",
            ),
            partial(_clips, kept=False, dx=2),
            _loss,
            _agrees,
        ),
        Probe(
            "gradient",
            (
                "The number is right and its gradient is not.",
                "A step must change *both* frames of a pair: the later one, and the earlier one through the warp.",
                "No `detach` and no `no_grad` on the made video's frames.",
            ),
            partial(_clips, dx=2, kept=False),
            _gradient,
            agrees(short_term_loss, _gradient, rtol=1e-3, atol=1e-6),
        ),
    ),
)
