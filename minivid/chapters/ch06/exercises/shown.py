"""6.11: what a network that fills in frames is shown."""

from functools import partial

import torch
from torch import Tensor

from minivid.chapters.ch06 import between
from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def shown(video: Tensor, given: Tensor) -> Tensor:
    """`b c t h w` and `b t` to `b c+1 t h w`: given frames, zeros elsewhere, and a channel that is 1 where a frame is given."""
    return between.shown(video, given)


def _clips(seed: int, kind: str = "all") -> dict:
    """Of two clips all frames are given, the same ones, or each has its own."""
    generator = torch.Generator().manual_seed(seed)
    video = 2 * torch.rand(2, 3, 4, 4, 4, generator=generator) - 1
    one = torch.tensor([True, False, True, False])
    given = {
        "all": torch.ones(2, 4, dtype=torch.bool),
        "same": one.expand(2, 4).clone(),
        "own": torch.stack([one, ~one]),
    }
    return {"video": video, "given": given[kind]}


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    video, given = inputs.values()
    mask = given[:, None, :, None, None].float()
    whole = mask.expand(-1, -1, -1, 4, 4)
    right = torch.cat([mask * video, whole], 1)
    mistakes = {
        "The mask is missing: a black frame and one that is not given would look alike.": mask * video,
        "The mask stands before the frames, and should be the last channel.": torch.cat([whole, mask * video], 1),
        "The mask is the other way round: 1 stands for a frame that is given.": torch.cat([mask * video, 1 - whole], 1),
        "The frames that should be hidden are shown, and the others hidden.": torch.cat([(1 - mask) * video, whole], 1),
        "All frames are shown: those that are not given should be zeros, or the network copies what it should draw.": torch.cat(
            [video, whole], 1
        ),
        "Frames that are not given are black, −1, and should be 0, which is no colour of a clip's background.": torch.cat(
            [torch.where(mask > 0, video, -torch.ones(())), whole], 1
        ),
        "The mask is laid along the rows: given[b, t] belongs to frame t, axis 2.": torch.cat(
            [given[:, None, None, :, None] * video, given[:, None, None, :, None].float().expand(2, 1, 4, 4, 4)], 1
        ),
        "The mask is laid along the columns: given[b, t] belongs to frame t, axis 2.": torch.cat(
            [given[:, None, None, None, :] * video, given[:, None, None, None, :].float().expand(2, 1, 4, 4, 4)], 1
        ),
        "All clips have the first clip's mask.": torch.cat([mask[:1] * video, whole[:1].expand(2, -1, -1, -1, -1)], 1),
        "There is a mask for each channel: one is enough.": torch.cat(
            [mask * video, whole.expand(-1, 3, -1, -1, -1)], 1
        ),
    }
    return told_apart(arrays["known"], right, mistakes)


_known = returned("known")
EXERCISE = Exercise(
    id="6.11",
    title="What is there already",
    points=2,
    stars=1,
    minutes=10,
    reference=shown,
    answers=(shown, between.shown, between.told),
    probes=(
        Probe(
            "all frames given",
            (
                "Where all frames are given it is not the clip with a channel of ones behind it.",
                "Three channels of colour and one of the mask make four.",
                "`torch.cat([..., ...], dim=1)`.",
            ),
            _clips,
            _known,
            _agrees,
        ),
        Probe(
            "every second frame",
            (
                "All frames are right; where every second one is given it is not.",
                "A frame that is not given is zeros, in colour and mask.",
                "`mask = given[:, None, :, None, None].float()`, and `mask * video`.",
            ),
            partial(_clips, kind="same"),
            _known,
            _agrees,
        ),
        Probe(
            "each clip its own",
            (
                "One mask for all is right; where each clip has another it is not.",
                "`given` is `b t`: a row a clip.",
                "`given[:, None, :, None, None]`.",
            ),
            partial(_clips, kind="own"),
            _known,
            _agrees,
        ),
    ),
)
