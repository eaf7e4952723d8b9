import torch


def frame_by_frame(x, frames):
    found = []
    for clip in x.split(frames):
        found += [torch.cat([clip[0], clip[max(i - 1, 0)]]) for i in range(frames)]
    return torch.stack(found)


SECOND = frame_by_frame

BEFORE = "previous = torch.cat([clips[:, :1], clips[:, :-1]], dim=1)"
BOTH = "torch.cat([first, previous], dim=2)"

RIGHT = {"by_number": (BEFORE, "previous = clips[:, [max(i - 1, 0) for i in range(frames)]]")}

WRONG = {
    "two frames": {
        "time_goes_round": (BEFORE, "previous = clips.roll(1, 1)"),
        "itself_for_the_one_before": (BEFORE, "previous = clips"),
        "the_next_one": (BEFORE, "previous = torch.cat([clips[:, 1:], clips[:, -1:]], dim=1)"),
    },
    "more frames": {
        "the_first_alone": (BOTH, "torch.cat([first, first], dim=2)"),
        "the_one_before_alone": (BOTH, "torch.cat([previous, previous], dim=2)"),
        "exchanged": (BOTH, "torch.cat([previous, first], dim=2)"),
    },
    "several clips": {
        "one_first_frame_for_all": ("first = clips[:, :1]", "first = clips[:1, :1]"),
        "clips_mixed": (BEFORE, "previous = torch.cat([x[:1], x[:-1]]).unflatten(0, (-1, frames))"),
    },
}
