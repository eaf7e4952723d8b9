"""What no answer may do, whatever it computes: each kind has its own sentence, and only who commits it hears it."""

from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import nn

from minivid.course.exercise import Exercise, Probe, Promises, agrees, returned
from minivid.course.outcome import Verdict
from minivid.course.probing import examine

KEPT = []


def scores(q, k, bias):
    """The scores of an attention, with a bias."""
    return q @ k.T + bias


def inputs(seed: int) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {name: torch.randn(4, 4, generator=generator) for name in ("q", "k", "bias")}


def shape_alone(arrays, inputs) -> bool:
    return arrays["out"].shape == (4, 4)


def exercise_of(reference, call=None, compare=shape_alone, make=inputs, **promises) -> Exercise:
    """An exercise whose probe asks for a shape and nothing else."""
    probe = Probe(
        "shape", "It should be 4 by 4.", make, call or (lambda obj, given: {"out": obj(*given.values())}), compare
    )
    options = {"promises": Promises(**promises)} if promises else {}
    return Exercise("1.1", "Scores", 1, 1, 1, reference=reference, probes=(probe,), **options)


def verdict(obj, seed: int = 0, **options):
    """(probe, first sentence, further ones) about an answer; ("", "", ()) when it passes."""
    outcome = examine(exercise_of(options.pop("reference", scores), **options), obj, seed)
    assert (outcome.verdict is Verdict.PASSED) == (not outcome.probe), outcome
    return outcome.probe, outcome.message, outcome.more


def right(q, k, bias):
    return torch.einsum("id,jd->ij", q, k) + bias


def test_a_right_answer_passes_whatever_it_calls_its_arguments():
    def mine(queries, keys, more):
        return (queries[:, None] * keys).sum(-1).add(more)

    for promises in ({}, {"gradient": True}, {"gradient": True, "own": True}):
        assert verdict(mine, **promises) == ("", "", ())


def test_gradients_are_left_as_they_were():
    def mine(q, k, bias):
        torch.set_grad_enabled(False)
        return q @ k.T + bias

    probe, first, more = verdict(mine)
    assert torch.is_grad_enabled() and probe == "gradients as they were" and "switches gradients on or off" in first
    assert "put back what was there before" in more[1]

    def wanting(queries, k, bias):
        queries.requires_grad_()
        return (queries @ k.T + bias).detach()

    probe, first, more = verdict(wanting)
    assert probe == "gradients as they were" and "its argument `queries` want a gradient" in first
    assert "`queries.detach().requires_grad_()`" in more[1]

    def of_its_own(q, k, bias):
        q = q.detach().requires_grad_()
        with torch.enable_grad():
            return (q @ k.T + bias).detach()

    assert verdict(of_its_own) == ("", "", ())


def test_an_argument_that_is_changed_in_place_is_named():
    def mine(q, k, offset):
        offset.masked_fill_(offset < 0, 0.0)
        return q @ k.T + offset

    probe, first, more = verdict(mine)
    assert probe == "arguments unchanged"
    assert (
        first
        == "Your `scores` changed its argument `offset` in place: the caller's own tensor is different afterwards."
    )
    assert "on `offset`, or on a view of it" in more[0] and "`masked_fill`, not `masked_fill_`" in more[1]


def test_it_is_named_before_what_it_leads_to():
    def mine(q, k, bias):
        q += 1
        return torch.zeros(3)

    assert verdict(mine)[0] == "arguments unchanged"


def test_an_argument_inside_a_list_or_a_dataclass_is_seen_too():
    @dataclass(frozen=True)
    class Pair:
        left: torch.Tensor
        right: list

    def reference(pair):
        return pair.left + pair.right[0]

    def mine(pair):
        return pair.right[0].add_(pair.left)

    def make(seed):
        return {"pair": Pair(torch.ones(4, 4), [torch.ones(4, 4)])}

    assert "changed its argument `pair.right[0]` in place" in verdict(mine, reference=reference, make=make)[1]
    assert verdict(lambda pair: pair.right[0] + pair.left, reference=reference, make=make)[0] == ""


def test_what_the_reference_changes_may_be_changed():
    def reference(q, k, bias):
        return bias.add_(q @ k.T)

    assert verdict(lambda q, k, bias: bias.copy_(right(q, k, bias)), reference=reference)[0] == ""


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.register_buffer("mask", torch.eye(4))

    def forward(self, x):
        return self.linear(x) * self.mask


def weights(obj, given):
    torch.manual_seed(0)
    return {"out": obj()(given["q"])}


class Mine(nn.Module):
    """A student's: the same weights, and a `forward` to be written."""

    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(4, 4)
        self.register_buffer("mask", torch.eye(4))


def layer(forward) -> type:
    return type("Layer", (Mine,), {"forward": forward})


def test_a_module_s_own_buffer_is_its_own_argument_and_a_temporary_is_not():
    def forward(self, x):
        out = self.linear(x) * self.mask
        self.mask.mul_(2)
        return out

    assert (
        "changed its own `self.mask` in place: the next call sees another module"
        in verdict(layer(forward), reference=Layer, call=weights)[1]
    )
    fine = layer(lambda self, x: self.linear(x).mul_(self.mask))
    assert verdict(fine, reference=Layer, call=weights)[0] == ""


def test_a_module_lets_gradients_through_without_being_told_to_and_a_function_when_it_is():
    frozen = layer(torch.no_grad()(lambda self, x: self.linear(x) * self.mask))
    probe, first, _ = verdict(frozen, reference=Layer, call=weights)
    assert (probe, first) == (
        "gradient flows",
        "No gradient flows through what `Layer` returns: it is cut off from what it was computed from, and `backward` fails.",
    )
    detached = layer(lambda self, x: (x @ self.linear.weight.detach().T + self.linear.bias) * self.mask)
    assert (
        verdict(detached, reference=Layer, call=weights)[1]
        == "No gradient reaches `self.linear.weight` through what `Layer` returns."
    )

    def mine(q, k, bias):
        return right(q, k.detach(), bias)

    assert (
        verdict(mine)[0] == ""
        and verdict(mine, gradient=True)[1] == "No gradient reaches `k` through what `scores` returns."
    )


def test_leaving_torch_where_gradients_are_promised_is_said_with_the_line():
    def mine(q, k, bias):
        return torch.from_numpy(q.numpy() @ k.numpy().T) + bias

    assert verdict(mine)[0] == ""
    probe, first, _ = verdict(mine, gradient=True)
    assert probe == "the same again" and "with arguments that want a gradient: Your code raised RuntimeError" in first
    assert f"on line {mine.__code__.co_firstlineno + 1} of your cell" in first


@pytest.mark.parametrize(
    "network", [lambda: lambda x: 2 * x, lambda: nn.Linear(4, 4, bias=False)], ids=["function", "module"]
)
def test_a_network_that_is_called_without_gradients_learns_nothing(network):
    def loss(model, x):
        return (model(x) - x).square()

    def call(obj, given):
        torch.manual_seed(0)
        model = network()
        return {"out": obj(model, given["q"])}

    def mine(net, x):
        with torch.no_grad():
            guess = net(x)
        return (guess - x).square()

    assert "calls `net` with gradients switched off" in verdict(mine, reference=loss, call=call, gradient=True)[1]
    assert verdict(mine, reference=loss, call=call, gradient=False)[0] == ""
    assert verdict(lambda m, x: (x - m(x)) ** 2, reference=loss, call=call, gradient=True)[0] == ""


def test_a_python_number_an_array_and_another_type_are_no_tensors_of_the_arguments_type():
    def mean(q, k, bias):
        return q.mean(), k.mean()

    def call(obj, given):
        first, second = obj(*given.values())
        return {"out": np.ones((4, 4)), "first": first, "second": second}

    options = {"reference": mean, "call": call}
    number = verdict(lambda q, k, bias: (q.mean(), k.mean().item()), **options)
    assert number[0] == "a tensor" and number[1].startswith(
        "The second value that `mean` returns is a Python number; expected a tensor"
    )
    array = verdict(lambda q, k, bias: (q.mean().numpy(), k.mean()), **options)
    assert array[1].startswith("The first value that `mean` returns is NumPy's; expected a tensor")
    double = verdict(lambda q, k, bias: (q.mean(), k.double().mean()), **options)
    assert double[:2] == (
        "type of number",
        "The second value that `mean` returns is float64; expected float32, as the arguments are: torch refuses to mix the two in a network.",
    )
    for loose in (
        lambda q, k, bias: (q.mean().item(), k.double().mean()),
        lambda q, k, bias: (q.numpy().mean(), k.mean()),
    ):
        assert verdict(loose, **options, tensor=False)[0] == ""


def test_a_type_that_the_reference_does_not_keep_is_nobody_s_duty():
    def reference(q, k, bias):
        return scores(q, k, bias).double()

    assert verdict(lambda q, k, bias: right(q, k, bias).double(), reference=reference)[0] == ""
    assert verdict(right, reference=reference)[0] == ""


def test_a_device_without_numbers_is_a_sentence():
    message = verdict(lambda q, k, bias: right(q, k, bias).to("meta"))[1]
    assert (
        message.startswith("Out is on the device `meta`, which holds no numbers")
        and "NotImplementedError" not in message
    )


def test_a_view_of_an_argument_is_refused_where_the_caller_goes_on_to_change_it():
    def reference(q, k, bias):
        return bias.clone()

    view = lambda q, k, offset: offset.view(4, 4)  # noqa: E731
    assert verdict(view, reference=reference)[0] == ""
    probe, first, _ = verdict(view, reference=reference, own=True)
    assert probe == "memory of its own" and "shares its memory with the argument `offset`" in first
    assert verdict(lambda q, k, bias: bias + 0, reference=reference, own=True)[0] == ""


@pytest.mark.parametrize(
    "draw",
    [lambda: torch.rand(()), lambda: float(np.random.rand()), lambda: torch.nn.functional.dropout(torch.ones(9)).sum()],
)
def test_global_random_numbers_are_told_from_a_generator_of_one_s_own(draw):
    noisy = lambda q, k, bias: right(q, k, bias) + 1e-3 * draw()  # noqa: E731
    probe, first, more = verdict(noisy)
    assert probe == "global seed" and "after another `torch.manual_seed`" in first and "generator=generator" in more[1]
    own = lambda q, k, bias: right(q, k, bias) + 1e-3 * torch.rand((), generator=torch.Generator().manual_seed(3))  # noqa: E731
    assert verdict(own)[0] == ""
    assert verdict(noisy, reference=lambda q, k, bias: scores(q, k, bias) + torch.rand(()))[0] == ""


def test_what_is_kept_from_call_to_call_is_not_called_a_seed():
    def mine(q, k, bias):
        KEPT.append(1)
        return right(q, k, bias) * len(KEPT)

    assert verdict(mine)[:2] == (
        "the same again",
        "The same call of `scores` with the same arguments gives other values the second time.",
    )


@pytest.mark.parametrize("value", [torch.nan, torch.inf, 12345.0])
@pytest.mark.parametrize("place", [(0, 0), (2, 1), (3, 3)])
def test_a_value_that_no_probe_looks_at_is_looked_at(value, place):
    def mine(q, k, bias):
        out = right(q, k, bias)
        out[place] = value
        return out

    probe, first, _ = verdict(mine)
    if value != value:
        assert probe == "numbers" and "not a number (nan)" in first
    else:
        assert probe == "every value" and f"is {value:.4g} at {list(place)}; expected" in first
        assert verdict(mine, whole=False)[0] == ""


def test_a_nan_is_refused_where_the_reference_has_one_too():
    def reference(q, k, bias):
        return scores(q, k, bias).masked_fill(torch.eye(4).bool(), torch.nan)

    def mine(q, k, bias):
        return torch.where(torch.eye(4).bool(), torch.nan, right(q, k, bias))

    assert verdict(mine, reference=reference)[0] == verdict(mine, reference=reference, whole=False)[0] == "numbers"


def test_rounding_is_no_mistake():
    assert verdict(lambda q, k, bias: right(q, k, bias) * (1 + 3e-3))[0] == ""


def test_answers_drawn_with_a_generator_are_the_probes_affair():
    def noisy(x, generator):
        return x + torch.randn(4, 4, generator=generator)

    def make(seed):
        return {"x": torch.zeros(4, 4), "generator": torch.Generator().manual_seed(seed)}

    def mine(x, generator):
        return x - torch.randn(16, generator=generator).reshape(4, 4)

    assert verdict(mine, reference=noisy, make=make)[0] == ""


def test_a_function_that_is_returned_is_watched_too():
    def reference(q, k, bias):
        return lambda x: x + q

    def call(obj, given):
        return {"out": obj(**given)(given["k"])}

    assert (
        "changed its argument `y` in place"
        in verdict(lambda q, k, bias: lambda y: y.add_(q), reference=reference, call=call)[1]
    )
    assert verdict(lambda q, k, bias: lambda y: q + y, reference=reference, call=call)[0] == ""


def steps_of(change):
    def steps(q, k, bias):
        for number in range(3):
            yield change(bias, number), q

    return steps


def test_a_generator_s_steps_are_watched_until_its_end():
    reference = steps_of(lambda bias, number: bias * number)

    def call(obj, given):
        first, *_ = (z for z, _ in obj(**given))
        return {"out": first}

    assert verdict(steps_of(lambda bias, number: number * bias), reference=reference, call=call)[0] == ""
    changing = steps_of(lambda bias, number: bias.mul_(number))
    assert "changed its argument `bias` in place" in verdict(changing, reference=reference, call=call)[1]
    late = steps_of(lambda bias, number: bias * number + (number == 2))
    assert verdict(late, reference=reference, call=call)[0] == "every value"


def test_the_student_s_own_calls_of_its_own_helpers_are_nobody_s_affair():
    def mine(q, k, bias):
        return add(q @ k.T, bias)

    def add(x, y):
        return x.add_(y)

    assert verdict(mine)[0] == ""


def test_what_a_call_has_done_is_said_where_the_probe_breaks_on_it():
    def first(q, k, bias):
        return q.sum()

    def backward(obj, given):
        x = given["q"].requires_grad_()
        obj(x, given["k"], given["bias"]).backward()
        return {"out": x.grad}

    written = {"__name__": "notebook"}
    exec("def mine(q, k, bias):\n    return q.sum().item()", written)
    probe, message, _ = verdict(written["mine"], reference=first, call=backward)
    assert probe == "a tensor" and "Python number" in message
    assert verdict(lambda q, k, bias: q.sum(), reference=first, call=backward)[0] == ""
    assert "Your code raised" in verdict(lambda q, k, bias: q.no_such_thing)[1]


def test_probes_that_judge_come_before_what_is_asked_of_all():
    judged = agrees(scores, returned("out"))
    wrong = lambda q, k, bias: (q @ k.T).double() + torch.rand(())  # noqa: E731
    assert verdict(wrong, call=returned("out"), compare=judged)[:2] == ("shape", "It should be 4 by 4.")
