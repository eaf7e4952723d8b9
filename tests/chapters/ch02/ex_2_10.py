import torch


def by_backward(layer, x, place, mixture):
    """The gradient by `backward`, which is told to collect it for x alone; the length by torch's norm."""
    watched = x.detach().clone()
    watched.requires_grad = True
    frame, row, column = place
    heard = torch.einsum("bk,k->", layer(watched)[..., frame, row, column], mixture)
    heard.backward(inputs=[watched])
    return torch.linalg.vector_norm(watched.grad, dim=(0, 1))


SECOND = by_backward


def by_a_function(layer, x, place, mixture):
    """torch.func's gradient of a function of the clip."""
    frame, row, column = place
    gradient = torch.func.grad(lambda clip: layer(clip)[0, :, frame, row, column] @ mixture)(x)
    return gradient[0].norm(dim=0)


RIGHT = {"by_a_function": by_a_function}

HEARD = "(layer(x)[:, :, frame, row, column] * mixture).sum()"
GRADIENT = "torch.autograd.grad(heard, x)[0]"
LENGTH = "gradient.square().sum((0, 1)).sqrt()"

WRONG = {
    "one number a place": {
        "channels_left": (LENGTH, "gradient.abs()[0]"),
        "batch_left": (LENGTH, "gradient.square().sum(1).sqrt()"),
        "over_time_too": (LENGTH, "gradient.square().sum((0, 1, 2)).sqrt()"),
    },
    "that place": {
        "the_whole_output": (HEARD, "(layer(x) * mixture.reshape(-1, 1, 1, 1)).sum()"),
        "the_whole_frame": ("frame, row, column]", "frame].movedim(1, -1)"),
        "row_and_column_exchanged": ("frame, row, column = place", "frame, column, row = place"),
        "the_input_there": (GRADIENT, "torch.zeros_like(x).index_fill(2, torch.tensor([frame]), 1.0)"),
    },
    "size": {
        "with_its_sign": (LENGTH, "gradient.sum((0, 1))"),
        "squared": (LENGTH, "gradient.square().sum((0, 1))"),
        # what is there, and not what would change
        "times_the_input": (LENGTH, "(gradient * x).square().sum((0, 1)).sqrt()"),
    },
    "length": {
        "sizes_added": (LENGTH, "gradient.abs().sum((0, 1))"),
        "mean_over_channels": (LENGTH, "gradient.square().mean((0, 1)).sqrt()"),
        "added_with_their_signs": (LENGTH, "gradient.sum((0, 1)).abs()"),
    },
    "mixture": {
        "a_plain_sum": (" * mixture).sum()", ").sum()"),
        "only_the_first_channel": (HEARD, "layer(x)[0, 0, frame, row, column] * mixture[0]"),
        "channel_by_channel": (
            LENGTH,
            "sum(m.abs() * torch.autograd.grad(layer(x)[0, k, frame, row, column], x)[0].square().sum((0, 1)).sqrt()"
            " for k, m in enumerate(mixture))",
        ),
    },
    "no trace": {
        "gradients_on_the_weights": (GRADIENT, "(heard.backward(), x.grad)[1]"),
        "gradients_cleared_away": (GRADIENT, "(heard.backward(), layer.zero_grad(), x.grad)[2]"),
        "weights_frozen": (
            "x = x.detach().requires_grad_()",
            "layer.requires_grad_(False)\n    x = x.detach().requires_grad_()",
        ),
        "the_clip_itself": ("x.detach().requires_grad_()", "x.requires_grad_()"),
    },
}
