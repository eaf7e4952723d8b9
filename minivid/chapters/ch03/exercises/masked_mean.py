"""3.6: one vector for a caption, from its words alone and not from the padding."""

from functools import partial

import torch
from einops import einsum
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, agrees, close, returned


def masked_mean(words: Float[Tensor, "b l d"], mask: Bool[Tensor, "b l"]) -> Float[Tensor, "b d"]:
    """The mean of each caption's word vectors where the mask is True; zeros for a caption without words."""
    count = mask.sum(1, keepdim=True).clamp(min=1)
    return einsum(words, mask.to(words), "b l d, b l -> b d") / count


def _captions(seed: int, empty: bool = False, padded: bool = True) -> dict:
    """Three captions of different lengths; one of them without words when `empty`."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randn(3, 5, 4, generator=generator)
    lengths = torch.tensor([3, 0 if empty else 1, 5]) if padded else torch.full((3,), 5)
    return {"words": words, "mask": torch.arange(5) < lengths[:, None]}


_mean = returned("mean")
_agrees = agrees(masked_mean, _mean)


def _with_other_padding(obj, inputs: dict) -> dict:
    other = torch.where(inputs["mask"][..., None], inputs["words"], inputs["words"] + 7)
    return {"mean": obj(inputs["words"], inputs["mask"]), "other": obj(other, inputs["mask"])}


EXERCISE = Exercise(
    id="3.6",
    title="Only the words",
    points=1,
    stars=1,
    minutes=10,
    reference=masked_mean,
    probes=(
        Probe(
            "no padding",
            "With five words in every caption it should be the plain mean over the words: one vector a caption, of shape (b, d).",
            partial(_captions, padded=False),
            _mean,
            _agrees,
        ),
        Probe(
            "padding unseen",
            "Other numbers in the padding changed the result: where the mask is False nothing may be read.",
            _captions,
            _with_other_padding,
            lambda arrays, inputs: close(arrays["mean"], arrays["other"], atol=1e-4),
        ),
        Probe(
            "shorter captions",
            "Each caption's sum is divided by its own number of words, not by the longest caption's.",
            _captions,
            _mean,
            _agrees,
        ),
        Probe(
            "no words",
            "A caption without words should be zeros, not nan: divide by at least 1.",
            partial(_captions, empty=True),
            _mean,
            _agrees,
        ),
    ),
)
