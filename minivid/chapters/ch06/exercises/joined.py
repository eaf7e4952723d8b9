"""6.7: segments of a clip, laid over one another."""

from functools import partial

import torch
from torch import Tensor

from minivid.adapt import segments
from minivid.course.exercise import Arrays, Exercise, Probe, returned, told_apart


def joined(parts: list[Tensor], begins: list[int]) -> Tensor:
    """The clip whose frames are the means of what the segments say of them; `parts` are `b c s h w`."""
    return segments.joined(parts, begins)


LENGTH = 4
BEGINS = {"none": [0, 4, 8], "two": [0, 2, 4], "many": [0, 1, 3, 6]}


def _segments(seed: int, overlap: str = "none") -> dict:
    generator, begins = torch.Generator().manual_seed(seed), BEGINS[overlap]
    length = LENGTH + (overlap == "many")
    parts = [torch.randn(2, 3, length, 4, 2, generator=generator) for _ in begins]
    for part in parts:
        part[..., 0, 0] = 0  # black, and counted all the same
    return {"parts": parts, "begins": list(begins)}


def _laid(parts: list[Tensor], begins: list[int]) -> tuple[Tensor, Tensor]:
    """Each segment in its place, zeros elsewhere, and which frames it has: `segments b c t h w`, `segments 1 1 t 1 1`."""
    b, c, length, h, w = parts[0].shape
    clips = torch.zeros(len(parts), b, c, max(begins) + length, h, w)
    there = torch.zeros(len(parts), 1, 1, clips.shape[3], 1, 1)
    for i, (part, begin) in enumerate(zip(parts, begins, strict=True)):
        clips[i, :, :, begin : begin + length] = part
        there[i, :, :, begin : begin + length] = 1
    return clips, there


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    clips, there = _laid(**inputs)
    many = there.sum(0)

    def one_wins(order) -> Tensor:
        clip = torch.zeros_like(clips[0])
        for i in order:
            clip = torch.where(there[i] > 0, clips[i], clip)
        return clip

    running = clips[0]
    for i in range(1, len(clips)):
        fresh = (there[:i].sum(0) == 0) & (there[i] > 0)
        running = torch.where(fresh, clips[i], torch.where(there[i] > 0, (running + clips[i]) / 2, running))
    mistakes = {
        "Where segments overlap the last one stands alone: it should be the mean of all.": one_wins(range(len(clips))),
        "Where segments overlap the first one stands alone: it should be the mean of all.": one_wins(
            reversed(range(len(clips)))
        ),
        "Where segments overlap they are added up, and nothing is divided by how many there are.": clips.sum(0),
        "Everything is divided by the number of all segments: divide each frame by how many segments it is in.": clips.mean(
            0
        ),
        "Where segments overlap the sum is divided by 2, however many there are.": clips.sum(0) / many.clamp(max=2),
        "Where three meet the last counts as much as all before it together: take the sum of all, then divide.": running,
        "The segments stand one behind the other, as if none overlapped.": torch.cat(inputs["parts"], dim=2),
    }
    return told_apart(arrays["clip"], clips.sum(0) / many, mistakes)


_clip = returned("clip")
EXERCISE = Exercise(
    id="6.7",
    title="One clip out of segments",
    points=3,
    stars=2,
    minutes=15,
    reference=joined,
    answers=(joined, segments.joined),
    probes=(
        Probe(
            "side by side",
            (
                "Segments that do not overlap do not come out one after another.",
                "Each segment's frames belong to `begin … begin + s − 1`, where s is its number of frames.",
                "`total[:, :, begin : begin + s] += part`.",
            ),
            _segments,
            _clip,
            _agrees,
        ),
        Probe(
            "two overlap",
            (
                "Segments side by side are right; where two overlap, a frame is not the mean of both.",
                "Add up what all segments say of a frame, and count them; then divide.",
                "`many[begin : begin + s] += 1`, and in the end `total / many`.",
            ),
            partial(_segments, overlap="two"),
            _clip,
            _agrees,
        ),
        Probe(
            "many overlap",
            (
                "Two that overlap are right; where three do, a frame is not the mean of all three.",
                "The sum of three is divided by three, once.",
                "Divide after the loop: `total / many`.",
            ),
            partial(_segments, overlap="many"),
            _clip,
            _agrees,
        ),
    ),
)
