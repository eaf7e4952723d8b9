"""2.11: the frame after each frame, looked up in it along a flow."""

from functools import partial

import torch

from minivid.course.exercise import Exercise, Probe, Promises, agrees, returned
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
            "Where the flow is zero, every frame should be followed by itself, in its own place of its own clip: the way back into the clip "
            "is the exact inverse of the way out, by `rearrange`.",
            partial(_clips_and_flow, kind="zero"),
            _frames,
            _agrees,
        ),
        Probe(
            "which way",
            "The next frame at q is this frame at q + flow(q): the flow, (dx, dy), leads from the *new* picture back to the old one, and is "
            "handed to backward_warp as it is.",
            partial(_clips_and_flow, kind="even"),
            _frames,
            _agrees,
        ),
        Probe(
            "a flow for each frame",
            "Each frame of each clip has a flow of its own. `reshape(b * t, c, h, w)` of `b c t h w` does not put the frames into the batch, "
            "it cuts memory at the wrong places (Open-Sora-Plan, issue 171): time has to move beside the batch first.",
            partial(_clips_and_flow, kind="any"),
            _frames,
            _agrees,
        ),
    ),
)
