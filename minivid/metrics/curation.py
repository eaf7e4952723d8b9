"""Which clips are fit to learn from? The filters of a data set's curation, in the manner of Stable Video Diffusion (chapter 1).

Blattmann et al. 2023 find cuts, measure flow, read text, and score looks and captions with networks (PySceneDetect, RAFT, CRAFT, CLIP).
Here each has the simplest function of a clip that asks the same question, and says where it stands in for a network. Flow comes in as
an argument. Checked by tests/metrics/test_curation.py.
"""

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from minivid.metrics import inputs


def read(video: Tensor) -> Float[Tensor, "b c t h w"]:
    """Films as they come from files, in [-1, 1]; ValueError, in a sentence, for what is none."""
    return inputs.video(video, "The film", bright=True)


def frame_differences(video: Tensor) -> Float[Tensor, "b steps"]:
    """Mean |difference| of each two neighbouring frames, brightness from 0 to 1; t − 1 numbers a clip, none for a single frame."""
    return read(video).diff(dim=2).abs().mean((1, 3, 4)) / 2


def cuts(video: Tensor, ratio: float | int = 3.0, least: float = 0.05, around: int = 2) -> Bool[Tensor, "b steps"]:
    """Between which neighbouring frames a cut lies.

    There the difference is above `least`, and above `ratio` times the mean of up to `around` differences on either side, so that a
    quick camera, which differs all the time, is not taken for one. The rule of PySceneDetect's adaptive detector, with its defaults.
    """
    difference = frame_differences(video)
    return (difference > least) & (difference > ratio * mean_around(difference, around))


def mean_around(difference: Float[Tensor, "b steps"], around: int = 2) -> Float[Tensor, "b steps"]:
    """The mean of up to `around` of a clip's differences on either side of each, itself left out; 0 for one without neighbours."""
    steps, places = difference.shape[1], [i for i in range(2 * around + 1) if i != around]
    total, count = (
        sum(padded[:, i : i + steps] for i in places)
        for padded in (F.pad(part, (around, around)) for part in (difference, torch.ones_like(difference)))
    )
    return total / count.clamp(min=1)


def flow_score(
    flow: Float[Tensor, "b steps 2 h w"], counted: Bool[Tensor, "b steps"] | None = None
) -> Float[Tensor, " b"]:
    """How far a clip's pixels move in a frame, on average, as a share of the picture's shorter side; small for a still.

    `counted` leaves pairs out: between the two sides of a cut a flow is nonsense. 0 where none counts.
    """
    length = flow.norm(dim=2).mean((2, 3)) / min(flow.shape[-2:])
    counted = torch.ones_like(length) if counted is None else counted.to(length)
    return (length * counted).sum(1) / counted.sum(1).clamp(min=1)


def contrast(video: Tensor) -> Float[Tensor, " b"]:
    """Standard deviation of brightness (0 to 1, mean over channels) within a frame, averaged over the frames."""
    return (read(video).mean(1) / 2).std(dim=(2, 3), correction=0).mean(1)


def colourfulness(video: Tensor) -> Float[Tensor, " b"]:
    """Hasler & Süsstrunk's (2003) measure M̂₃ of each frame, averaged; for levels from 0 to 1, 0 for grey. Raises ValueError for one channel."""
    video = read(video)
    if video.shape[1] != 3:
        raise ValueError(f"Colourfulness is of red, green and blue; these clips have {video.shape[1]} channel(s).")
    red, green, blue = ((video + 1) / 2).unbind(1)  # b t h w each
    opponents = torch.stack([red - green, (red + green) / 2 - blue])
    spread = opponents.std(dim=(3, 4), correction=0).norm(dim=0)
    return (spread + 0.3 * opponents.mean((3, 4)).norm(dim=0)).mean(1)


def looks(video: Tensor) -> Float[Tensor, " b"]:
    """A stand-in for an aesthetics score: contrast plus colourfulness. It knows what is dull; of beauty it knows nothing."""
    video = read(video)
    return contrast(video) + (colourfulness(video) if video.shape[1] == 3 else 0)


def text_share(video: Tensor, edge: float = 0.25) -> Float[Tensor, " b"]:
    """Share of the picture in lines of lettering that stays where it is: a stand-in for a text detector such as CRAFT.

    A stroke is an edge (brightness rises by `edge`, of 1, within a pixel) that is there in nine of ten frames; strokes side by side
    make a line: wider than twice its height and at least two fifths full. So it finds captions, titles and watermarks, no matter in
    which script; it misses lettering that rolls like credits, and in a film that stands still it takes railings for text.
    """
    import cv2  # here, for it takes a while

    grey = (read(video).mean(1) + 1) / 2
    b, _, h, w = grey.shape
    grey = rearrange(grey, "b t h w -> (b t) 1 h w")
    steep = F.max_pool2d(grey, 3, 1, 1) + F.max_pool2d(-grey, 3, 1, 1) > edge
    strokes = rearrange(steep.float(), "(b t) 1 h w -> b t h w", b=b).mean(1) >= 0.9
    found = []
    for picture in strokes.byte().cpu().numpy():
        joined = cv2.morphologyEx(picture, cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8))
        _, _, boxes, _ = cv2.connectedComponentsWithStats(joined)
        found.append(sum(wide * high for _, _, wide, high, full in boxes[1:].tolist() if is_line(wide, high, full)))
    return torch.tensor(found).to(grey) / (h * w)


def is_line(wide: int, high: int, full: int) -> bool:
    """Whether a box of strokes, `full` of its pixels set, is as a line of lettering is."""
    return high >= 5 and wide > 2 * high and full > 0.4 * wide * high


def precision_recall(flagged: Bool[Tensor, " n"], truly: Bool[Tensor, " n"]) -> tuple[float, float]:
    """(how many of the flagged ones are, how many of those that are were flagged); nan where there is none to divide by."""
    hits = (flagged & truly).sum().item()
    return tuple(hits / many if (many := of.sum().item()) else float("nan") for of in (flagged, truly))
