"""7.6: ControlNet's forward, a copy of the way down between zero convolutions."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import torch
from torch import Tensor

from minivid.adapt.controlnet import ControlNet, ControlNetConfig
from minivid.course.exercise import Arrays, Exercise, Probe, Promises, WrongAnswer, all_of, close, describe
from minivid.nn.unet import Given, Stage

CONFIG = ControlNetConfig(channels=3, widths=(8, 16), heads=2)


def beside(copy: ControlNet | SimpleNamespace, pixels: Tensor, given: Given, control: Tensor) -> list[Tensor]:
    """What a ControlNet adds: a tensor for each stage's skip connection, and one for the middle."""
    return ControlNet.forward(copy, pixels, given, control)


def _names(blocks: int) -> list[str]:
    """What is returned, in its order: a skip for each stage, of which a level has `blocks`."""
    return [*(f"skip {i}" for i in range(len(CONFIG.widths) * blocks)), "middle"]


def _weights_and_inputs(seed: int, zeros: bool = False, hint: bool = True, blocks: int = 1) -> dict:
    """Weights at random. zeros: the convolutions behind the stages are zero, as at the start; hint: the one behind the control is not."""
    generator = torch.Generator().manual_seed(seed)
    weights = {
        name: torch.randn(value.shape, generator=generator) / max(1, value[0].numel()) ** 0.5
        for name, value in ControlNet(replace(CONFIG, blocks=blocks)).state_dict().items()
    }
    for name in weights:
        if (zeros and name.startswith("zeros.")) or (not hint and name.startswith("hint_out.")):
            weights[name] = torch.zeros_like(weights[name])
    return {
        "weights": weights,
        "pixels": torch.randn(2, 12, 2, 4, 4, generator=generator),
        "embed": torch.randn(2, 2, 32, generator=generator),
        "control": torch.rand(2, 2, 2, 8, 8, generator=generator),
        "blocks": blocks,
    }


def _parts(inputs: dict) -> tuple[ControlNet, Tensor, Given, Tensor]:
    copy = ControlNet(replace(CONFIG, blocks=inputs["blocks"]))
    copy.load_state_dict(inputs["weights"])
    given = Given(inputs["embed"].clone(), None, None, 2, None)
    return copy.requires_grad_(False), inputs["pixels"].clone(), given, inputs["control"].clone()


def _each(obj, inputs: dict) -> dict:
    copy, *given = _parts(inputs)
    parts = SimpleNamespace(conv_in=copy.conv_in, hint=copy.hint, down=copy.down, zeros=copy.zeros)
    found = obj(parts, *given)  # the parts alone: a forward that is there is no answer
    names = _names(inputs["blocks"])
    if not isinstance(found, list | tuple) or not all(isinstance(part, Tensor) for part in found):
        raise WrongAnswer(f"it returned {describe(found)}; expected a list of {len(names)} tensors: {', '.join(names)}")
    if len(found) != len(names):
        raise WrongAnswer(
            f"it returned {len(found)} tensors; expected {len(names)}, {', '.join(names)}: one for each stage of the way down, whose "
            "last also goes through the last zero convolution"
        )
    return dict(zip(names, found, strict=True))


def _way_down(
    copy: ControlNet,
    x: Tensor,
    given: Given,
    hint: Tensor | int,
    then: Callable[[int, Tensor], Tensor] = lambda i, x: x,
) -> list[Tensor]:
    """What the stages make; `then(i, x)` is done to what stage i has made before it goes on down."""
    x, made = x + hint, []
    for layer in copy.down:
        if isinstance(layer, Stage):
            x = layer(x, given)
            made.append(x)
            x = then(len(made) - 1, x)
        else:
            x = layer(x)
    return [*made, x]


def _through(copy: ControlNet, made: list[Tensor]) -> list[Tensor]:
    return [zero(part) for zero, part in zip(copy.zeros, made, strict=True)]


def _without_hint(copy, pixels, given, control):
    return _through(copy, _way_down(copy, copy.conv_in(pixels), given, 0))


def _hint_alone(copy, pixels, given, control):
    return _through(copy, _way_down(copy, copy.hint(control), given, 0))


def _hint_behind(copy, pixels, given, control):
    made = _way_down(copy, copy.conv_in(pixels), given, 0)
    return _through(copy, [made[0] + copy.hint(control), *made[1:]])


def _hint_after_the_first(copy, pixels, given, control):
    hint = copy.hint(control)
    made = _way_down(copy, copy.conv_in(pixels), given, 0, lambda i, x: x + hint if i == 0 else x)
    return _through(copy, made)


def _hint_times(copy, pixels, given, control):
    x = copy.conv_in(pixels)
    return _through(copy, _way_down(copy, x * copy.hint(control), given, 0))


def _hint_twice(copy, pixels, given, control):
    return _through(copy, _way_down(copy, copy.conv_in(pixels), given, 2 * copy.hint(control)))


def _not_through(copy, pixels, given, control):
    return _way_down(copy, copy.conv_in(pixels), given, copy.hint(control))


def _zeros_on_the_way(copy, pixels, given, control):
    return _through(
        copy, _way_down(copy, copy.conv_in(pixels), given, copy.hint(control), lambda i, x: copy.zeros[i](x))
    )


def _kept_below(copy, pixels, given, control):
    """The middle from the last skip's convolution."""
    *skips, middle = _way_down(copy, copy.conv_in(pixels), given, copy.hint(control))
    *zeros, _ = copy.zeros
    return [zero(part) for zero, part in zip([*zeros, zeros[-1]], [*skips, middle], strict=True)]


def _exchanged(copy, pixels, given, control):
    made = _way_down(copy, copy.conv_in(pixels), given, copy.hint(control))
    *zeros, last, middle = copy.zeros
    return [zero(part) for zero, part in zip([*zeros, middle, last], made, strict=True)]


def _of_what_was_added(copy, pixels, given, control):
    made = _way_down(copy, copy.conv_in(pixels), given, copy.hint(control))
    return [part + zero for part, zero in zip(made, _through(copy, made), strict=True)]


def _hint_on_and_kept(copy, pixels, given, control):
    first, *rest = copy.down
    kept = first(copy.conv_in(pixels), given) + copy.hint(control)
    x, made = kept, [kept]
    for layer in rest:
        if isinstance(layer, Stage):
            x = layer(x, given)
            made.append(x)
        else:
            x = layer(x)
    return _through(copy, [*made, x])


def _reversed(copy, pixels, given, control):
    return copy(pixels, given, control)[::-1]


MISTAKES = {
    "What the stages made is returned as it is: each goes through its convolution of `copy.zeros` first.": _not_through,
    "What the stages made is added to what its zero convolution makes of it: only the latter is returned.": _of_what_was_added,
    "The zero convolutions lie on the way down: a stage should be given what the one before it made, not what is returned of it.": _zeros_on_the_way,
    "The middle has the last skip's zero convolution; it has one of its own, the last of `copy.zeros`.": _kept_below,
    "The last skip's zero convolution and the middle's are exchanged.": _exchanged,
    "The control is nowhere: `copy.hint(control)` is added to what `copy.conv_in` makes.": _without_hint,
    "The noisy picture is nowhere: the hint is added to `copy.conv_in(pixels)`, and does not replace it.": _hint_alone,
    "The hint is added behind the first stage, to what is returned alone: it should go through the stages.": _hint_behind,
    "The hint is added after the first stage; it belongs before it.": _hint_after_the_first,
    "The hint is added after the first stage, to what is kept and to what goes on: it belongs before it.": _hint_on_and_kept,
    "The list is the other way round: the first skip comes first, the middle last.": _reversed,
    "The hint multiplies the pixels' features: it should be added.": _hint_times,
    "The hint is added twice.": _hint_twice,
}


TOGETHER = {
    (
        _not_through,
        _of_what_was_added,
    ): "What the stages made is in what you return: return what its convolution of `copy.zeros` makes of it, and nothing else.",
    (
        _hint_alone,
        _hint_times,
    ): "With a hint of nothing, nothing is left of the noisy picture: the hint is added to `copy.conv_in(pixels)`, and neither "
    "replaces nor multiplies it.",
}
"""What is said of two mistakes that a probe cannot tell apart."""


@torch.no_grad()
def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    copy, *given = _parts(inputs)

    def verdict(parts: list[Tensor]) -> bool | str:
        names = _names(inputs["blocks"])
        return all_of(*(close(arrays[name], part, 1e-3, 1e-4) for name, part in zip(names, parts, strict=True)))

    found = verdict(copy(*given))
    if found is True:
        return True
    made = {mistake: sentence for sentence, mistake in MISTAKES.items() if verdict(mistake(copy, *given)) is True}
    return next(iter(made.values())) if len(made) == 1 else TOGETHER.get(tuple(made), found)


EXERCISE = Exercise(
    id="7.6",
    title="A copy between zeros",
    points=3,
    stars=2,
    minutes=20,
    reference=beside,
    answers=(beside, ControlNet.forward),
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "as it begins",
            (
                "With zero convolutions that are zero, what is returned should be zero.",
                "Each of the three tensors comes out of a zero convolution, and of nothing behind it.",
                "`[zero(part) for zero, part in zip(copy.zeros, [*made, x])]`.",
            ),
            partial(_weights_and_inputs, zeros=True),
            _each,
            _agrees,
        ),
        Probe(
            "the way down",
            (
                "Zeros stay zeros; once the convolutions have learnt, what they are given is not right.",
                "What each `Stage` makes is kept and goes on down; other layers only pass on. The middle gets what the last layer made.",
                "`x = layer(x, given)` and `made.append(x)` for a `Stage`, `x = layer(x)` for the others.",
            ),
            partial(_weights_and_inputs, hint=False),
            _each,
            _agrees,
        ),
        Probe(
            "the hint",
            (
                "The copy is right as long as the hint is nothing; with a hint it is not.",
                "The hint is added before the first stage, so that all of the copy sees it beside the noisy picture.",
                "`x = copy.conv_in(pixels) + copy.hint(control)`.",
            ),
            _weights_and_inputs,
            _each,
            _agrees,
        ),
        Probe(
            "more stages",
            (
                "Where each level has one stage it is right; here each has two.",
                "How many stages there are, and which layers are stages, only `copy.down` knows: each stage has a skip and a convolution of its own.",
                "`for layer in copy.down:` with `isinstance(layer, Stage)`, and `zip(copy.zeros, [*made, x])`.",
            ),
            partial(_weights_and_inputs, blocks=2),
            _each,
            _agrees,
        ),
    ),
)
