"""2.11: the frame after each frame, looked up in it along a flow."""

from functools import partial

import torch

from minivid.course.exercise import Arrays, Exercise, Probe, Promises, agrees, close, returned
from minivid.motion.forecast import next_frames

CLIPS, CHANNELS, FRAMES, HEIGHT, WIDTH = (
    3,
    2,
    2,
    5,
    5,
)  # as many channels as frames, and as flow has: a mix-up runs, silently


def _clips_and_flow(seed: int, kind: str) -> dict:
    """Random clips; flow of zeros, one for every pixel of every frame, or, of a single frame, of whole pixels that are the same everywhere."""
    generator, frames = torch.Generator().manual_seed(seed), 1 if kind == "even" else FRAMES
    video = torch.rand(CLIPS, CHANNELS, frames, HEIGHT, WIDTH, generator=generator) * 2 - 1
    flow = torch.zeros(CLIPS, 2, frames, HEIGHT, WIDTH)
    if kind == "even":
        flow[:, 0], flow[:, 1] = 2.0, -1.0
    elif kind == "any":
        flow = 2 * torch.randn(flow.shape, generator=generator)
    return {"video": video, "flow": flow}


_frames = returned("frames")
_agrees = agrees(next_frames, _frames)


def _stays(arrays: Arrays, inputs: dict) -> bool | str:
    verdict, video = _agrees(arrays, inputs), inputs["video"]
    if verdict is False and close(arrays["frames"], video[:, :, :1].expand_as(video)) is True:
        return "Everything was looked up in the first frame: each frame is known, and is followed by itself."
    return verdict


EXERCISE = Exercise(
    id="2.11",
    title="A frame that is looked up",
    points=2,
    stars=1,
    minutes=10,
    reference=next_frames,
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "nothing moves",
            (
                "Where the flow is zero, every frame should be followed by itself, in its own place of its own clip.",
                "Frames go into the batch as whole pictures, and the way back into the clip is the exact inverse.",
                'There: `"b c t h w -> (b t) c h w"`. Back: `"(b t) c h w -> b c t h w"`, with `b=len(video)`.',
            ),
            partial(_clips_and_flow, kind="zero"),
            _frames,
            _stays,
        ),
        Probe(
            "which way",
            (
                "Where everything moves by the same whole pixels, it moves otherwise than it should.",
                "The next frame at q is this frame at q + flow(q): the flow, (dx, dy), leads from the *new* picture back to the old one.",
                "`backward_warp(frames, flows)`, the flow as it is: not negated, not scaled, its channels not exchanged.",
            ),
            partial(_clips_and_flow, kind="even"),
            _frames,
            _agrees,
        ),
        Probe(
            "a flow for each frame",
            (
                "Each frame of each clip has a flow of its own.",
                "Frame i goes with flow i. `reshape(b * t, c, h, w)` of `b c t h w` does not put the frames into the batch, it cuts memory at the "
                "wrong places (Open-Sora-Plan, issue 171): time has to move beside the batch first.",
                '`rearrange(flow, "b c t h w -> (b t) c h w")`.',
            ),
            partial(_clips_and_flow, kind="any"),
            _frames,
            _agrees,
        ),
    ),
)
