"""8.10: the loss that pairs clips with their captions."""

import math
from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, returned, told_apart
from minivid.metrics import text_score


def contrastive_loss(
    clips: Float[Tensor, "n d"], captions: Float[Tensor, "n d"], temperature: float
) -> Float[Tensor, ""]:
    """CLIP's symmetric loss for n clips and their n captions, features of any length (Radford et al. 2021)."""
    return _contrasted(F.normalize(clips, dim=1) @ F.normalize(captions, dim=1).T / temperature)


def _contrasted(logits: Float[Tensor, "n n"]) -> Float[Tensor, ""]:
    own = torch.arange(len(logits), device=logits.device)
    return (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2


def _unit(x: Tensor) -> Tensor:
    return x / x.norm(dim=1, keepdim=True)


def _pairs(
    seed: int, alike: bool = False, paired: bool = False, any_length: bool = False, temperature: float = 1.0
) -> dict:
    """Features of five clips and captions. `alike`: each of them is the same; `paired`: a caption is its clip's own direction."""
    generator = torch.Generator().manual_seed(seed)
    clips, captions = torch.randn(2, 5, 7, generator=generator)
    if alike:
        clips, captions = clips[:1].expand_as(clips), captions[:1].expand_as(captions)
    clips, captions = _unit(clips), _unit(clips if paired else captions)
    if any_length:
        lengths = 0.3 + 3 * torch.rand(2, 5, 1, generator=generator)
        clips, captions = clips * lengths[0], captions * lengths[1]
    return {"clips": clips.clone(), "captions": captions.clone(), "temperature": temperature}


_loss = returned("loss")
_agrees = agrees(contrastive_loss, _loss)


def _owned(arrays: Arrays, inputs: dict) -> bool | str:
    """At temperature 1, captions along their clips: what is taken for what, before any temperature counts."""
    cosines = _unit(inputs["clips"]) @ _unit(inputs["captions"]).T
    along_clips = F.normalize(inputs["clips"], dim=0) @ F.normalize(inputs["captions"], dim=0).T
    mistakes = {
        "The softmax is taken twice: cross_entropy is given logits, and takes one itself.": (
            _contrasted(cosines.softmax(1))
        ),
        "One softmax is taken over the whole table, and should be over each row, and over each column.": cosines.logsumexp(
            (0, 1)
        )
        - cosines.diagonal().mean()
        - math.log(len(cosines)),
        "Features are divided by lengths over the clips, dim 0.": _contrasted(along_clips),
    }
    return told_apart(arrays["loss"], contrastive_loss(**inputs), mistakes)


def _with_gradient(obj, inputs: dict) -> dict:
    towers = [inputs[name].clone().requires_grad_() for name in ("clips", "captions")]
    loss = obj(*towers, inputs["temperature"])
    learns = isinstance(loss, Tensor) and loss.requires_grad
    found = torch.autograd.grad(loss, towers, allow_unused=True) if learns else (None, None)
    return {
        name: torch.zeros_like(tower) if slope is None else slope
        for name, tower, slope in zip(("clips", "captions"), towers, found, strict=True)
    }


EXERCISE = Exercise(
    id="8.10",
    title="A loss that pairs clips with words",
    points=2,
    stars=2,
    minutes=15,
    reference=contrastive_loss,
    answers=(contrastive_loss, text_score.contrast),
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "all alike",
            "When nothing tells the five captions apart the loss should be log 5: the mean over clips of −log softmax, natural logarithm, one "
            "number.",
            partial(_pairs, alike=True),
            _loss,
            _agrees,
        ),
        Probe(
            "own caption",
            "The temperature is 1 here, and each caption lies along its clip: clip i's right answer is caption i, and a vector is divided by its "
            "length over its features, dim 1.",
            partial(_pairs, paired=True),
            _loss,
            _owned,
        ),
        Probe(
            "temperature",
            "The cosines are *divided* by the temperature, before the softmax.",
            partial(_pairs, paired=True, temperature=0.2),
            _loss,
            _agrees,
        ),
        Probe(
            "both ways",
            "A clip looks for its caption along a row and a caption for its clip along a column: the loss is the mean of both.",
            partial(_pairs, temperature=0.2),
            _loss,
            _agrees,
        ),
        Probe(
            "directions alone",
            "Clips and captions of other lengths should give the same loss: divide each feature vector (dim 1) by its length.",
            partial(_pairs, any_length=True, temperature=0.5),
            _loss,
            _agrees,
        ),
        Probe(
            "gradient",
            "Both towers should learn from it: keep the loss a tensor, connected to clips and captions (no item, detach or no_grad).",
            partial(_pairs, any_length=True, temperature=0.5),
            _with_gradient,
            agrees(contrastive_loss, _with_gradient, rtol=1e-3, atol=1e-4),
        ),
    ),
)
