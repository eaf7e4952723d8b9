"""3.5: what the network is trained on, in v. Judged by what the network is shown as much as by the number that comes out."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, WrongAnswer, agrees
from minivid.diffusion.objective import Objective, Video, per_clip_loss, target
from minivid.diffusion.schedule import COSINE, like


def training_loss(model, x: Video, eps: Video, u: Float[Tensor, "b"], cond=None) -> Float[Tensor, "b"]:
    """Mean squared error of v for each clip, noised to its own time u by the cosine schedule."""
    return per_clip_loss(model, x, eps, u, cond, COSINE, Objective.V)


def _batch(seed: int, perfect: bool = False) -> dict:
    """As many clips as columns. The network's answer is v itself when `perfect`, else noise of its own."""
    generator = torch.Generator().manual_seed(seed)
    x, eps, answer = torch.randn(3, 4, 2, 3, 5, 4, generator=generator)
    u = 0.1 + 0.8 * torch.rand(4, generator=generator)
    alpha, sigma = (like(level, x) for level in COSINE.alpha_sigma(COSINE.logsnr(u)))
    return {"x": x, "eps": eps, "u": u, "answer": target(Objective.V, x, eps, alpha, sigma) if perfect else answer}


def _trained(obj, inputs: dict) -> dict:
    """The loss, its gradient at the network's output, and what the network was given."""
    given = {}
    answer = inputs["answer"].clone().requires_grad_()

    def model(z, t, cond=None):
        given.update(z=z.detach().clone(), t=t.detach().clone(), told=cond == "a caption")
        return answer

    loss = obj(model, inputs["x"], inputs["eps"], inputs["u"], "a caption")
    if not given:
        raise WrongAnswer("the model was never called")
    learns = isinstance(loss, Tensor) and loss.requires_grad
    gradient = torch.autograd.grad(loss.sum(), answer)[0] if learns else torch.zeros_like(answer)
    return {"loss": loss, "gradient": gradient, **given}


EXERCISE = Exercise(
    id="3.5",
    title="The loss of one batch",
    points=3,
    stars=2,
    minutes=15,
    reference=training_loss,
    answers=(training_loss, per_clip_loss),
    probes=(
        Probe(
            "noised clip",
            "The model should see z = α x + σ ε, each clip at the noise level of its own u (reshape α and σ to b 1 1 1 1).",
            _batch,
            _trained,
            agrees(training_loss, _trained, "z"),
        ),
        Probe(
            "noise level",
            "The model is told the log-SNR λ of each clip, one number a clip, never u.",
            _batch,
            _trained,
            agrees(training_loss, _trained, "t", rtol=1e-3),
        ),
        Probe(
            "caption",
            "The condition should reach the model: model(z, λ, cond).",
            _batch,
            _trained,
            lambda arrays, inputs: bool(arrays["told"]),
        ),
        Probe(
            "perfect network",
            "A network that says v = α ε − σ x makes no error, so its loss should be 0: compare with v, and mind the sign.",
            partial(_batch, perfect=True),
            _trained,
            lambda arrays, inputs: bool((abs(arrays["loss"]) < 1e-6).all()),
        ),
        Probe(
            "mean square",
            "For each clip the loss is the mean of (output − v)² over all its values, and the result has the shape (b,).",
            _batch,
            _trained,
            agrees(training_loss, _trained, "loss", rtol=1e-3),
        ),
        Probe(
            "gradient",
            "Nothing would be learnt: the loss must stay connected to the network's output (no detach, no_grad or item).",
            _batch,
            _trained,
            lambda arrays, inputs: bool((arrays["gradient"] != 0).any()),
        ),
    ),
)
