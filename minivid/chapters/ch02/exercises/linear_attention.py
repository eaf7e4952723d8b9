"""2.6: attention whose cost grows with the number of places and not with its square."""

from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, close, returned
from minivid.nn.attention.core import linear_attend

N, D = 700, 5


def linear_attention(
    q: Float[Tensor, "n heads i d"], k: Float[Tensor, "n heads j d"], v: Float[Tensor, "n heads j d"]
) -> Float[Tensor, "n heads i d"]:
    """φ(q) (φ(k)ᵀ v), divided by φ(q) · Σ φ(k), with φ(x) = elu(x) + 1."""
    return linear_attend(q, k, v)


def _qkv(seed: int, many: int = 6, constant: bool = False) -> dict:
    generator = torch.Generator().manual_seed(seed)
    q = torch.randn(2, 3, many, D, generator=generator)
    k = torch.randn(2, 3, many + 3, D, generator=generator)
    v = torch.randn(2, 3, many + 3, D, generator=generator)
    return {"q": q, "k": k, "v": v[:, :, :1].expand_as(v).clone() if constant else v}


class _Made(TorchDispatchMode):
    """Notes how many numbers the largest tensor has that is made meanwhile, and how many are made in all."""

    def __init__(self):
        super().__init__()
        self.largest = self.all = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        made = [part.numel() for part in tree_leaves(out) if isinstance(part, Tensor)]
        self.largest, self.all = max(self.largest, *made, 0), self.all + sum(made)
        return out


def _size(obj, inputs: dict) -> dict:
    with _Made() as made:
        obj(**inputs)
    return {"largest": made.largest, "all": made.all}


def _is_no_square(arrays: Arrays, inputs: dict) -> bool | str:
    """No tensor as large as one head's scores, and in all fewer numbers than there are scores: a score at a time is a score as well."""
    clips, heads, places, _ = inputs["q"].shape
    scores = places * inputs["k"].shape[2]
    if arrays["largest"] >= scores:
        return f"A tensor of {int(arrays['largest']):,} numbers was made."
    return bool(arrays["all"] < clips * heads * scores) or f"Piece by piece {int(arrays['all']):,} numbers were made."


def _is_the_value(arrays: Arrays, inputs: dict) -> bool | str:
    value = inputs["v"][:, :, :1].expand_as(inputs["q"])
    if close(arrays["out"], F.elu(value) + 1) is True:
        return "What comes out is φ of that value: φ is for queries and keys, values stay as they are."
    return close(arrays["out"], value)


_out = returned("out")
_agrees = agrees(linear_attention, _out)

EXERCISE = Exercise(
    id="2.6",
    title="Attention without scores",
    points=3,
    stars=2,
    minutes=15,
    reference=linear_attention,
    promises=Promises(gradient=True),
    answers=(linear_attention, linear_attend),
    probes=(
        Probe(
            "constant values",
            (
                "Where all values are alike, that value should come out: the weights of a place sum to one.",
                "The denominator: each query's φ(q) times the *sum* of all φ(k), over the keys.",
                "`phi_q @ phi_k.sum(2, keepdim=True).mT`, of shape n heads i 1.",
            ),
            partial(_qkv, constant=True),
            _out,
            _is_the_value,
        ),
        Probe(
            "feature map",
            (
                "The weights sum to one, but they are others.",
                "φ(x) = elu(x) + 1, of queries and of keys and of nothing else; there is no softmax, and nothing is divided by √d.",
                "`phi_q, phi_k = F.elu(q) + 1, F.elu(k) + 1`.",
            ),
            _qkv,
            _out,
            _agrees,
        ),
        Probe(
            "no square",
            (
                "The numbers are right, but on the way there was one for each query and key.",
                "The order of the products: keys and values first, φ(k)ᵀ v is d × d, and only then the queries.",
                "`phi_q @ (phi_k.mT @ v)`.",
            ),
            partial(_qkv, many=N),
            _size,
            _is_no_square,
        ),
    ),
)
