import torch


def frame_by_frame(parts, begins):
    length, frames = parts[0].shape[2], []
    for frame in range(max(begins) + length):
        said = [
            part[:, :, frame - begin] for part, begin in zip(parts, begins, strict=True) if 0 <= frame - begin < length
        ]
        frames.append(sum(said) / len(said))
    return torch.stack(frames, dim=2)


SECOND = frame_by_frame

ADDED, MEAN = "total[:, :, span] += part", "total / many"

RIGHT = {"counted_as_a_clip": ("parts[0].new_zeros(total.shape[2], 1, 1)", "torch.zeros(total.shape[2], 1, 1)")}

WRONG = {
    "side by side": {
        "in_reverse": ("zip(parts, begins", "zip(parts[::-1], begins"),
        "by_all_segments": (MEAN, "total / len(parts)"),
        "the_first_frame_alone": (ADDED, "total[:, :, span] += part[:, :, :1]"),
    },
    "two overlap": {
        "the_last_wins": (ADDED, "total[:, :, span] = part * (many[span] + 1)"),
        "added_up": (MEAN, "total"),
        "one_behind_the_other": (MEAN, "torch.cat(parts, dim=2)"),
    },
    "many overlap": {
        "never_more_than_two": (MEAN, "total / many.clamp(max=2)"),
    },
}
