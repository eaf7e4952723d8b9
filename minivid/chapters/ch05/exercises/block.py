"""5.3: AdaLN-Zero, the transformer's block under a noise level. A class whose `__init__` is given."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor, nn

from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer, close
from minivid.nn.attention.core import ALL, SPACE, Window
from minivid.nn.attention.layout import of_grid
from minivid.nn.attention.places import grid
from minivid.nn.transformer import Block, Words

DIM, HEADS, WORD = 16, 1, 6
SIDES = (2, 2, 2)
PARTS = ("shift_a", "scale_a", "gate_a", "shift_m", "scale_m", "gate_m")


def _block_and_tokens(
    seed: int, live: tuple[str, ...] = PARTS, words: bool = False, dim: int = DIM, window: Window = ALL
) -> dict:
    """Weights at random, of the modulation's six parts those that are `live`; tokens, a level for each clip, words, and who sees whom."""
    generator = torch.Generator().manual_seed(seed)
    shapes = Block(dim, HEADS, dim_words=WORD if words else None).state_dict()
    weights = {
        name: torch.randn(value.shape, generator=generator) / value[0].numel() ** 0.5 for name, value in shapes.items()
    }
    for i, part in enumerate(PARTS):
        rows = slice(i * dim, (i + 1) * dim)
        for name in ("modulation.1.weight", "modulation.1.bias"):
            weights[name][rows] *= part in live
    return {
        "weights": weights,
        "x": torch.randn(2, *SIDES, dim, generator=generator),
        "level": 2 * torch.randn(2, 1, 1, 1, dim, generator=generator),
        "words": torch.randn(2, 3, WORD, generator=generator) if words else None,
        "window": window,
    }


def _loaded(obj, inputs: dict) -> nn.Module:
    block = obj(inputs["x"].shape[-1], HEADS, dim_words=WORD if inputs["words"] is not None else None)
    if not isinstance(block, nn.Module):
        raise WrongAnswer("the class should be an nn.Module; keep the first line and `__init__` as they were given")
    try:
        block.load_state_dict(inputs["weights"])
    except RuntimeError:
        raise WrongAnswer(
            "the block's weights have other names or shapes than given: leave `__init__` as it was"
        ) from None
    return block.eval()


def _given(inputs: dict) -> tuple:
    words = inputs["words"]
    seen = Words(words.clone(), torch.ones(2, 1, 3, dtype=torch.bool)) if words is not None else None
    return inputs["x"].clone(), inputs["level"].clone(), of_grid(inputs["window"], grid(*SIDES)), seen


def _out(obj, inputs: dict) -> dict:
    return {"out": _loaded(obj, inputs)(*_given(inputs))}


Variant = Callable[[nn.Module, Tensor, Tensor, object, object], Tensor]


def _six(block: nn.Module, level: Tensor) -> tuple[Tensor, ...]:
    return block.modulation(level).chunk(6, dim=-1)


def _attention_alone(block, x, level, layout, words, order=(0, 1, 2), plus=1.0, normed=True, gated=True, kept=True):
    """The first branch, with what may be mistaken in it."""
    six = _six(block, level)
    shift, scale, gate = (six[i] for i in order)
    h = block.norm(x) if normed else x
    out = block.attention(h * (plus + scale) + shift, layout)
    return (x if kept else 0) + (gate * out if gated else out)


def _mlp_after(block, x, level, layout, words, order=(3, 4, 5), residual=None, normed=True, cross=None):
    """The whole, with what may be mistaken in its second branch, or in how the words are looked at: `cross(x, what is seen there)`."""
    shift, scale, gate = (_six(block, level)[i] for i in order)
    before = x
    x = _attention_alone(block, x, level, layout, words)
    if words is not None:
        x = (cross or torch.add)(x, block.cross(x, words))
    seen = before if residual == "input" else x
    h = block.norm(seen) if normed else seen
    return x + gate * block.mlp(h * (1 + scale) + shift)


def _ungated(block, x, *rest):
    """Both branches, of a modulation that is zero."""
    x = _attention_alone(block, x, *rest, gated=False)
    return x + block.mlp(block.norm(x))


def _modulated_behind(block, x, level, layout):
    shift, scale, gate = _six(block, level)[:3]
    return x + gate * (block.attention(block.norm(x), layout) * (1 + scale) + shift)


def _norm_last(block, x, level, layout):
    shift, scale, gate = _six(block, level)[:3]
    return x + gate * block.attention(block.norm(x * (1 + scale) + shift), layout)


def _words_first(block, x, level, layout, words):
    return _mlp_after(block, x + block.cross(x, words), level, layout, None)


def _words_last(block, x, level, layout, words):
    x = _mlp_after(block, x, level, layout, None)
    return x + block.cross(x, words)


def _says(mistakes: dict[str, Variant]):
    """The same as the reference's; else the first mistake that gives what came out."""

    @torch.no_grad()
    def compare(arrays: Arrays, inputs: dict) -> bool | str:
        block, given = _loaded(Block, inputs), _given(inputs)
        verdict = close(arrays["out"], block(*given), 1e-3, 1e-4)
        if verdict is True:
            return True
        said = (
            sentence
            for sentence, made in mistakes.items()
            if close(arrays["out"], made(block, *given), 1e-3, 1e-4) is True
        )
        return next(said, verdict)

    return compare


EXERCISE = Exercise(
    id="5.3",
    title="AdaLN-Zero",
    points=4,
    stars=2,
    minutes=20,
    reference=Block,
    probes=(
        Probe(
            "as it starts",
            (
                "With the modulation at zero the block does not give back x.",
                "A gate multiplies each branch, as it is: 0 lets nothing through. Only the scale has a 1 added to it.",
                "`x = x + gate_a * self.attention(…)`.",
            ),
            partial(_block_and_tokens, live=()),
            _out,
            _says(
                {
                    "What comes out is nothing at all: x itself must be added to.": lambda block, x, *rest: (
                        torch.zeros_like(x)
                    ),
                    "x comes back through its norm: that stands in front of a branch, and x itself is added to.": lambda block, x, *rest: (
                        block.norm(x)
                    ),
                    "The attention comes through: its gate is 0 here, and should close it (no 1 is added to a gate).": lambda block, x, level, layout, words: (
                        _attention_alone(block, x, level, layout, words, gated=False)
                    ),
                    "The MLP comes through: its gate is 0 here, and should close it (no 1 is added to a gate).": lambda block, x, *rest: (
                        x + block.mlp(block.norm(x))
                    ),
                    "Attention and MLP come through: their gates are 0 here, and should close them (no 1 is added to a gate).": _ungated,
                }
            ),
        ),
        Probe(
            "gated attention",
            (
                "At the start it is right. With a gate on the attention, and no shift or scale, it is not x + gate · attention(norm(x)).",
                "The six parts come in this order: shift, scale, gate of the attention, then the same of the MLP.",
                "`shift_a, scale_a, gate_a, shift_m, scale_m, gate_m = self.modulation(level).chunk(6, dim=-1)`.",
            ),
            partial(_block_and_tokens, live=("gate_a",)),
            _out,
            _says(
                {
                    "The attention's gate does not open: it is the third of the six.": lambda block, x, *rest: x,
                    "The attention's gate, the third of the six, opens the MLP here.": lambda block, x, level, *rest: (
                        x + _six(block, level)[2] * block.mlp(block.norm(x))
                    ),
                    "The attention's gate opens the MLP too, which has one of its own, the last of the six.": lambda *given: (
                        _mlp_after(*given, order=(3, 4, 2))
                    ),
                    "All clips are told the first one's level.": lambda block, x, level, *rest: _attention_alone(
                        block, x, level[:1], *rest
                    ),
                    "The clips are told each other's levels.": lambda block, x, level, *rest: _attention_alone(
                        block, x, level.flip(0), *rest
                    ),
                    "All clips are told one level, and each has its own.": lambda block, x, level, *rest: (
                        _attention_alone(block, x, level.mean(0, keepdim=True), *rest)
                    ),
                    "The features go into the attention without their norm.": lambda *given: _attention_alone(
                        *given, normed=False
                    ),
                    "x itself is gone: a branch is added to it.": lambda *given: _attention_alone(*given, kept=False),
                    "The scale itself multiplies here, and so 0 takes everything away: 1 + scale should.": lambda *given: (
                        _attention_alone(*given, plus=0.0)
                    ),
                }
            ),
        ),
        Probe(
            "shift and scale",
            (
                "The gate is right. What goes into the attention is not norm(x) · (1 + scale) + shift.",
                "First the norm, then the scale, then the shift; and the shift is the first of the six.",
                "`modulated(self.norm(x), shift_a, scale_a)`.",
            ),
            partial(_block_and_tokens, live=PARTS[:3]),
            _out,
            _says(
                {
                    "Shift and scale are exchanged.": lambda *given: _attention_alone(*given, order=(1, 0, 2)),
                    "Nothing is shifted and nothing scaled: the attention's are the first two of the six.": lambda block, x, level, layout, words: (
                        x + _six(block, level)[2] * block.attention(block.norm(x), layout)
                    ),
                    "What comes out of the attention is shifted and scaled, and what goes in should be.": lambda block, x, level, layout, words: (
                        _modulated_behind(block, x, level, layout)
                    ),
                    "The norm comes last here, and takes shift and scale away again.": lambda block, x, level, layout, words: (
                        _norm_last(block, x, level, layout)
                    ),
                    "x is modulated without its norm.": lambda *given: _attention_alone(*given, normed=False),
                    "The scale multiplies here, and 1 + scale should.": lambda *given: _attention_alone(
                        *given, plus=0.0
                    ),
                }
            ),
        ),
        Probe(
            "the MLP",
            (
                "The attention's branch is right, and the MLP's is not.",
                "It is the same once more, with the last three of the six, on what the attention's branch has left.",
                "`return x + gate_m * self.mlp(modulated(self.norm(x), shift_m, scale_m))`.",
            ),
            _block_and_tokens,
            _out,
            _says(
                {
                    "The MLP has the attention's shift, scale and gate here.": lambda *given: _mlp_after(
                        *given, order=(0, 1, 2)
                    ),
                    "The MLP has the attention's shift and scale here, with its own gate.": lambda *given: _mlp_after(
                        *given, order=(0, 1, 5)
                    ),
                    "Shift and scale of the MLP are exchanged.": lambda *given: _mlp_after(*given, order=(4, 3, 5)),
                    "The MLP reads x as it came in, not what the attention made of it.": lambda *given: _mlp_after(
                        *given, residual="input"
                    ),
                    "The features go into the MLP without their norm.": lambda *given: _mlp_after(*given, normed=False),
                    "There is no MLP.": _attention_alone,
                }
            ),
        ),
        Probe(
            "another layout",
            (
                "With sixteen channels whose tokens all see one another it is right; with 24, each frame by itself, it is not.",
                "`layout` says who sees whom, and goes into the attention as it was given; the level's six parts are as wide as x.",
                "`self.attention(…, layout)`, and `.chunk(6, dim=-1)`.",
            ),
            partial(_block_and_tokens, dim=24, window=SPACE),
            _out,
            _says(
                {
                    "All tokens see one another here, whatever the layout says.": lambda block, x, level, layout, words: (
                        _mlp_after(block, x, level, of_grid(ALL, grid(*SIDES)), words)
                    ),
                }
            ),
        ),
        Probe(
            "the caption",
            (
                "Without a caption the block is right; with one it is not.",
                "Between attention and MLP the tokens look at the words: `self.cross(x, words)`, added to x, not gated.",
                "`if self.cross is not None: x = x + self.cross(x, words)`.",
            ),
            partial(_block_and_tokens, words=True),
            _out,
            _says(
                {
                    "The words are not looked at.": lambda *given: _mlp_after(*given, cross=lambda x, seen: x),
                    "x is gone: what the words say is added to it.": lambda *given: _mlp_after(
                        *given, cross=lambda x, seen: seen
                    ),
                    "The words are looked at before the attention, and should be after it.": _words_first,
                    "The words are looked at behind the MLP, and should be before it.": _words_last,
                    "What the words say is gated, and should come through as it is.": lambda block, x, level, *rest: (
                        _mlp_after(block, x, level, *rest, cross=lambda x, seen: x + _six(block, level)[2] * seen)
                    ),
                }
            ),
        ),
    ),
)
