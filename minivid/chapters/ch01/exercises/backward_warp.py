"""1.2: a frame looked up along the flow."""

from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.course.exercise import Exercise, Probe, Promises, agrees, returned
from minivid.motion.warp import backward_warp

H, W = 14, 17


def _noise(seed: int, margin: int = 0) -> Float[Tensor, "b c h w"]:
    """Two frames of noise in three channels; with a margin, black on its outermost pixels."""
    generator = torch.Generator().manual_seed(seed)
    inner = torch.rand(2, 3, H - 2 * margin, W - 2 * margin, generator=generator)
    return F.pad(inner, (margin,) * 4)


def _alike(dx: float, dy: float, seed: int, margin: int = 4) -> dict:
    """One flow for all pixels, and nothing at the border that could come in."""
    flow = torch.tensor([dx, dy])[None, :, None, None].expand(2, 2, H, W)
    return {"frame": _noise(seed, margin), "flow": flow.clone()}


def _each(seed: int) -> dict:
    """A flow of its own for each pixel of each frame, that stays inside."""
    generator = torch.Generator().manual_seed(seed + 1)
    to_x, to_y = (W - 1) * torch.rand(2, H, W, generator=generator), (H - 1) * torch.rand(2, H, W, generator=generator)
    return {
        "frame": _noise(seed),
        "flow": torch.stack([to_x - torch.arange(W), to_y - torch.arange(H)[:, None]], dim=1),
    }


_warped = returned("warped")
_agrees = agrees(backward_warp, _warped, rtol=1e-3, atol=1e-4)

EXERCISE = Exercise(
    id="1.2",
    title="A warp",
    points=3,
    stars=2,
    minutes=20,
    reference=backward_warp,
    promises=Promises(gradient=True),
    probes=(
        Probe(
            "no flow",
            "A flow of 0 should change nothing, and pixels have moved. The grid is (x, y), x first, from −1 at the picture's *edge*: the middle of the first "
            "pixel stands half a pixel inside, at 1 / w − 1, when align_corners is False.",
            partial(_alike, 0.0, 0.0, margin=0),
            _warped,
            _agrees,
        ),
        Probe(
            "direction",
            "Everything went the wrong way. A backward warp looks *up* the frame at q + flow(q): a flow of 3 to the right brings what stands 3 pixels "
            "further right.",
            partial(_alike, 3.0, 0.0),
            _warped,
            _agrees,
        ),
        Probe(
            "down",
            "Sideways it is right, up and down it is not: flow[:, 1] is dy, in pixels of the height, and y grows downwards.",
            partial(_alike, 0.0, 2.0),
            _warped,
            _agrees,
        ),
        Probe(
            "between pixels",
            "Half a pixel should give the mean of two neighbours: mode='bilinear', and the flow is not rounded.",
            partial(_alike, 1.5, -0.25),
            _warped,
            _agrees,
        ),
        Probe(
            "each pixel its own",
            "With one flow for all pixels it is right. Here each pixel of each frame has its own: flow[:, 0] is a map b h w, added to the places of "
            "the pixels.",
            _each,
            _warped,
            _agrees,
        ),
        Probe(
            "beyond the picture",
            "The flow leads out of the picture on the right and below, where the border's own value should be found (padding_mode).",
            partial(_alike, 4.0, 3.0, margin=0),
            _warped,
            _agrees,
        ),
    ),
)
