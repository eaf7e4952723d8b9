"""3.6: one vector for a caption, from its words alone and not from the padding."""

from functools import partial

import torch
from einops import einsum
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.chapters.ch03.exercises.judging import told_apart
from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, close, returned


def masked_mean(words: Float[Tensor, "b l d"], mask: Bool[Tensor, "b l"]) -> Float[Tensor, "b d"]:
    """The mean of each caption's word vectors where the mask is True; zeros for a caption without words."""
    count = mask.sum(1, keepdim=True).clamp(min=1)
    return einsum(words, mask.to(words), "b l d, b l -> b d") / count


def _captions(seed: int, empty: bool = False, padded: bool = True) -> dict:
    """As many captions as a vector has numbers, of different lengths; one of them without words when `empty`. Words stand anywhere."""
    generator = torch.Generator().manual_seed(seed)
    words = torch.randn(4, 5, 4, generator=generator)
    lengths = torch.tensor([3, 0 if empty else 1, 5, 2]) if padded else torch.full((4,), 5)
    places = torch.stack([torch.randperm(5, generator=generator) for _ in range(4)])
    return {"words": words, "mask": places < lengths[:, None]}


_mean = returned("mean")


def _with_other_padding(obj, inputs: dict) -> dict:
    words, mask = inputs["words"], inputs["mask"]
    other = torch.where(mask[..., None], words, words + 7)
    return {"mean": obj(words.clone(), mask.clone()), "other": obj(other, mask.clone())}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    words, weights = inputs["words"], inputs["mask"].to(inputs["words"])[..., None]
    count, total = weights.sum(1).clamp(min=1), (words * weights).sum(1)
    mistakes = {
        "This is the sum of the words, not divided.": total,
        "This is the mean over a vector's numbers, not over the words.": words.mean(2),
        "This is the mean over the batch, not over the words.": (words * weights).mean(0),
        "This is the last word alone.": words[:, -1],
        "This is the first word alone.": words[:, 0],
        "This is one mean for the whole batch.": (total.sum(0) / count.sum()).expand_as(total),
        "The sum is divided by the places of the longest caption.": total / words.shape[1],
        "The sum is divided by the root of the number of words.": total / count.sqrt(),
        "The sum is divided by the number of all words of the batch.": total / weights.sum(),
        "The sum is divided by one word too many.": total / (count + 1),
        "This is the sum of the words as a vector of length 1.": total
        / total.norm(dim=1, keepdim=True).clamp(min=1e-9),
        "This is the largest number in each place, not the mean.": torch.where(weights > 0, words, -torch.inf).amax(1),
    }
    return told_apart(arrays["mean"], masked_mean(**inputs), mistakes)


EXERCISE = Exercise(
    id="3.6",
    title="Only the words",
    points=1,
    stars=1,
    minutes=10,
    reference=masked_mean,
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "no padding",
            (
                "With five words in every caption it is not the plain mean over the words.",
                "There is one vector a caption, of shape (b, d): the words lie along the middle axis of `b l d`.",
                "Without a mask: `words.mean(1)`.",
            ),
            partial(_captions, padded=False),
            _mean,
            _agrees,
        ),
        Probe(
            "padding unseen",
            (
                "Other numbers in the padding changed the result.",
                "Where the mask is False nothing may be read: a word there counts 0 times.",
                "`words * mask[..., None]`, and then the sum over the words.",
            ),
            _captions,
            _with_other_padding,
            lambda arrays, inputs: close(arrays["mean"], arrays["other"], atol=1e-4),
        ),
        Probe(
            "shorter captions",
            (
                "The padding is not read, and the mean of a shorter caption is not that of its words.",
                "Each caption's sum is divided by its own number of words.",
                "`mask.sum(1, keepdim=True)`.",
            ),
            _captions,
            _mean,
            _agrees,
        ),
        Probe(
            "no words",
            (
                "A caption without words should be zeros.",
                "Its sum is 0 and so is its number of words, and 0 / 0 is nan.",
                "Divide by at least 1: `.clamp(min=1)`.",
            ),
            partial(_captions, empty=True),
            _mean,
            agrees(masked_mean, _mean),
        ),
    ),
)
