"""1.2: a frame looked up along the flow."""

from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch01.exercises.judging import told
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


def _looked_up(
    frame: Tensor, flow: Tensor, x_edge: float = 1.0, sides: int = 1, step: float = 1.0, turned: bool = False, **how
) -> Tensor:
    """A warp with a grid that may be wrong.

    x_edge: where the first pixel's centre is in half-pixels from −1, 1 where it is right. sides: −1 divides x by the height. step: how
    far a flow of 1 leads, in pixels. turned: the grid has y first.
    """
    h, w = frame.shape[-2:]
    x = (2 * torch.arange(w) + x_edge + 2 * step * flow[:, 0]) / (w, h)[sides < 0] - 1
    y = (2 * torch.arange(h)[:, None] + x_edge + 2 * step * flow[:, 1]) / (h, w)[sides < 0] - 1
    how = {"padding_mode": "border", "align_corners": False, **how}
    return F.grid_sample(frame, torch.stack([y, x] if turned else [x, y], dim=-1), **how)


def _from_edge_to_edge(frame: Tensor, flow: Tensor) -> Tensor:
    """The grid of corners, read as one of half-pixels."""
    h, w = frame.shape[-2:]
    y, x = torch.meshgrid(torch.linspace(-1, 1, h), torch.linspace(-1, 1, w), indexing="ij")
    grid = torch.stack([x + 2 * flow[:, 0] / w, y + 2 * flow[:, 1] / h], dim=-1)
    return F.grid_sample(frame, grid, padding_mode="border", align_corners=False)


GRIDS = {
    "Two conventions are mixed: this grid has the first pixel's centre at −1, where align_corners=False has the picture's edge.": _from_edge_to_edge,
    "The grid is that of align_corners=False, and grid_sample was told align_corners=True.": partial(
        _looked_up, align_corners=True
    ),
    "x and y are exchanged in the grid: grid_sample wants (x, y).": partial(_looked_up, turned=True),
    "Height and width are exchanged: x is a share of the width w, y one of the height h.": partial(
        _looked_up, sides=-1
    ),
    "Half a pixel is missing: at 2 x / w − 1 a pixel begins, and its middle is half a pixel further.": partial(
        _looked_up, x_edge=0.0
    ),
}
FLOWS = {
    "It went the other way: this is the frame at q − flow(q) (or each pixel pushed to q + flow(q), a forward warp).": lambda frame, flow: (
        backward_warp(frame, -flow)
    ),
    "dx and dy are exchanged: flow[:, 0] leads to the right.": lambda frame, flow: backward_warp(frame, flow.flip(1)),
    "It went half as far: the grid is 2 wide, so a pixel is 2 / w.": partial(_looked_up, step=0.5),
    "It went twice as far.": partial(_looked_up, step=2.0),
    "Nothing has moved.": lambda frame, flow: frame,
    "The flow was added to the grid in pixels; there a pixel is 2 / w.": lambda frame, flow: backward_warp(
        frame, flow * torch.tensor([W / 2, H / 2])[:, None, None]
    ),
    "dy was not used.": lambda frame, flow: backward_warp(frame, flow * torch.tensor([1, 0])[:, None, None]),
    "dy was counted upwards.": lambda frame, flow: backward_warp(frame, flow * torch.tensor([1, -1])[:, None, None]),
    "The flow is rounded to whole pixels.": lambda frame, flow: backward_warp(frame, flow.round()),
    "The nearest pixel is taken for the mean of its neighbours.": partial(_looked_up, mode="nearest"),
    "One flow was taken for all pixels, the mean.": lambda frame, flow: backward_warp(
        frame, flow.mean((2, 3), keepdim=True).expand_as(flow)
    ),
    "The first frame's flow was taken for all frames.": lambda frame, flow: backward_warp(
        frame, flow[:1].expand_as(flow)
    ),
    "Beyond the picture it is 0, which is grid_sample's default.": partial(_looked_up, padding_mode="zeros"),
    "Beyond the picture it is mirrored.": partial(_looked_up, padding_mode="reflection"),
}

_warped = returned("warped")
_agrees = told(agrees(backward_warp, _warped, rtol=1e-3, atol=1e-4), _warped, GRIDS | FLOWS)

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
            (
                "A flow of 0 should change nothing, and pixels have moved.",
                "The grid has x first and runs from −1 at the picture's *edge*: with align_corners=False the first pixel's middle stands half a pixel inside.",
                "`torch.stack([(2 * x + 1) / w - 1, (2 * y + 1) / h - 1], dim=-1)`.",
            ),
            partial(_alike, 0.0, 0.0, margin=0),
            _warped,
            _agrees,
        ),
        Probe(
            "direction",
            (
                "With a flow of 3 to the right at all pixels, each should show what stands 3 pixels further right, and does not.",
                "A backward warp looks *up* the frame at q + flow(q), and flow[:, 0] is to the right.",
                "`x + flow[:, 0]`, in pixels, before x is turned into a place of the grid.",
            ),
            partial(_alike, 3.0, 0.0),
            _warped,
            _agrees,
        ),
        Probe(
            "down",
            (
                "Sideways it is right, up and down it is not.",
                "flow[:, 1] is dy, in pixels of the height, and y grows downwards.",
                "`y + flow[:, 1]`.",
            ),
            partial(_alike, 0.0, 2.0),
            _warped,
            _agrees,
        ),
        Probe(
            "between pixels",
            (
                "Half a pixel should give the mean of two neighbours, and does not.",
                "Nothing is rounded: neither the flow nor the place that is looked up.",
                '`mode="bilinear"`, which is the default.',
            ),
            partial(_alike, 1.5, -0.25),
            _warped,
            _agrees,
        ),
        Probe(
            "each pixel its own",
            (
                "With one flow for all pixels it is right, with a flow for each pixel of each frame it is not.",
                "flow[:, 0] is a map b h w, added to the places of the pixels.",
                "`x, y = x + flow[:, 0], y + flow[:, 1]`, each of them b h w.",
            ),
            _each,
            _warped,
            _agrees,
        ),
        Probe(
            "beyond the picture",
            (
                "Where the flow leads out of the picture, the border's own value should be found, and is not.",
                "grid_sample asks what lies beyond the picture.",
                '`padding_mode="border"`.',
            ),
            partial(_alike, 4.0, 3.0, margin=0),
            _warped,
            _agrees,
        ),
    ),
)
