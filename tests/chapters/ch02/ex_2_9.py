import torch
from torch import nn

from minivid.nn.conv import SpatialConv
from minivid.nn.propagation import ConvGRUCell


class FlippedClip(nn.Module):
    """The second pass runs forward over the flipped clip, and its states are flipped back; each is written into its place."""

    def __init__(self, dim_in, dim):
        super().__init__()
        self.forward_cell = ConvGRUCell(dim_in, dim)
        self.backward_cell = ConvGRUCell(dim_in, dim)
        self.join = SpatialConv(2 * dim, dim, kernel=1)

    def run(self, cell, x):
        states = torch.zeros(len(x), cell.dim, *x.shape[2:])
        for i in range(x.shape[2]):
            before = states[:, :, i - 1 : i].clone() if i else cell.start(x)
            states[:, :, i : i + 1] = cell(x[:, :, i : i + 1], before)
        return states

    def forward(self, x):
        both = [self.run(self.forward_cell, x), self.run(self.backward_cell, x.flip(2)).flip(2)]
        return self.join(torch.cat(both, dim=1))


SECOND = FlippedClip

FORWARD = "state = self.forward_cell(frame, state)"
BACKWARD = "state = self.backward_cell(frame, state)"
BEGIN_AGAIN = "future, state = [], self.backward_cell.start(x)"
BOTH = "torch.cat(past, dim=2), torch.cat(future, dim=2)"

WRONG = {
    "shape": {
        "the_last_states_alone": (BOTH, "past[-1], future[0]"),
        "a_frame_too_few": ("x.split(1, dim=2)", "x[:, :, 1:].split(1, dim=2)"),
    },
    "joined": {
        "past_added": ("return self.join(", "return torch.cat(past, dim=2) * self.join.bias.sum() + self.join("),
        "without_the_join_s_bias": (
            "return self.join(",
            "return -self.join.bias.reshape(-1, 1, 1, 1) + self.join(",
        ),
        "past_and_future_added": (
            f"self.join(torch.cat([{BOTH}], dim=1))",
            "torch.cat(past, dim=2) + torch.cat(future, dim=2)",
        ),
    },
    "both ends": {
        "forward_only": ("torch.cat(future, dim=2)", "torch.cat(past, dim=2)"),
        "no_state_handed_on": [
            (FORWARD, "state = self.forward_cell(frame, self.forward_cell.start(x))"),
            (BACKWARD, "state = self.backward_cell(frame, self.backward_cell.start(x))"),
        ],
        # as far as a convolution over three frames reaches
        "neighbours_only": [
            ("for frame in frames:", "for before, frame in zip((frames[0], *frames), frames):"),
            (FORWARD, "state = self.forward_cell(frame, self.forward_cell(before, self.forward_cell.start(x)))"),
            ("for frame in reversed(frames):", "for before, frame in zip((frames[-1], *frames[::-1]), frames[::-1]):"),
            (BACKWARD, "state = self.backward_cell(frame, self.backward_cell(before, self.backward_cell.start(x)))"),
        ],
    },
    "past": {
        "frame_and_state_exchanged": [
            (FORWARD, "state = self.forward_cell(state, frame)"),
            (BACKWARD, "state = self.backward_cell(state, frame)"),
        ],
        "begins_with_the_first_frame": ("past, state = [], self.forward_cell.start(x)", "past, state = [], frames[0]"),
        "state_before_the_frame": (
            f"{FORWARD}\n            past.append(state)",
            f"past.append(state)\n            {FORWARD}",
        ),
        "halves_exchanged": (BOTH, "torch.cat(future, dim=2), torch.cat(past, dim=2)"),
    },
    "future": {
        "left_in_reverse": ("future.insert(0, state)", "future.append(state)"),
        "goes_on_from_the_past": (BEGIN_AGAIN, "future = []"),
        "one_cell_for_both": [
            (BEGIN_AGAIN, "future, state = [], self.forward_cell.start(x)"),
            (BACKWARD, "state = self.forward_cell( frame, state)"),
        ],
        # the future of a frame that its own past has been mixed into
        "over_the_past_s_states": ("for frame in reversed(frames):", "for frame in reversed(past):"),
    },
    "other widths": {
        "begins_with_a_frame_of_zeros": [
            ("self.forward_cell.start(x)", "torch.zeros_like(frames[0])"),
            ("self.backward_cell.start(x)", "torch.zeros_like(frames[0])"),
        ],
    },
    "learns from far away": {
        "state_detached": [
            (FORWARD, FORWARD.replace("state)", "state.detach())")),
            (BACKWARD, BACKWARD.replace("state)", "state.detach())")),
        ],
        "future_detached": (BACKWARD, BACKWARD.replace("state)", "state.detach())")),
    },
}
