"""5.10: guidance on every channel of the prediction, and on no other."""

from functools import partial

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch05.exercises.judging import told_by
from minivid.course.exercise import Exercise, Probe, returned

Output = Float[Tensor, "b out t h w"]


def guide_channels(c: Output, u: Output, scale: float, channels: int) -> Output:
    """u + s (c − u) on the first `channels`, the prediction; what stands behind them (a variance) is c's."""
    guided = u[:, :channels] + scale * (c[:, :channels] - u[:, :channels])
    return torch.cat([guided, c[:, channels:]], dim=1)


def _outputs(seed: int, channels: int, more: int = 0, scale: float = 3.0) -> dict:
    c, u = torch.randn(2, 4, channels + more, 5, 2, 2, generator=torch.Generator().manual_seed(seed))
    return {"c": c, "u": u, "scale": scale, "channels": channels}


def _first(many: int):
    """As the original DiT: the first so many channels, whatever there are."""
    return lambda c, u, scale, channels: guide_channels(c, u, scale, min(many, channels))


_out = returned("out")

EXERCISE = Exercise(
    id="5.10",
    title="All channels",
    points=1,
    stars=1,
    minutes=5,
    reference=guide_channels,
    name="guide_channels",
    probes=(
        Probe(
            "three channels",
            (
                "With a prediction of three channels the result is not u + s (c − u).",
                "s = 1 should give c, s = 0 should give u.",
                "`u + scale * (c - u)`.",
            ),
            partial(_outputs, channels=3),
            _out,
            told_by(
                guide_channels,
                _out,
                {
                    "It counts from c: c + s (c − u), the other convention, which is off at 0.": lambda c, u, scale, channels: (
                        c + scale * (c - u)
                    ),
                    "c and u are exchanged.": lambda c, u, scale, channels: c + scale * (u - c),
                    "s (c − u) is subtracted, and should be added.": lambda c, u, scale, channels: u - scale * (c - u),
                    "The first frames are guided, and the first channels should be.": lambda c, u, scale, channels: (
                        guide_channels(c.transpose(1, 2), u.transpose(1, 2), scale, channels).transpose(1, 2)
                    ),
                    "The first clips are guided, and the first channels should be.": lambda c, u, scale, channels: (
                        guide_channels(c.transpose(0, 1), u.transpose(0, 1), scale, channels).transpose(0, 1)
                    ),
                    "Nothing is guided.": lambda c, u, scale, channels: c,
                },
            ),
        ),
        Probe(
            "sixteen channels",
            (
                "With three channels and s = 3 it is right; with sixteen, as video latents have, and s = 1.5 it is not.",
                "The original DiT guides three of its four latent channels, and the line was copied into six codebases (facebookresearch/DiT, issue 12).",
                "`channels` says how many there are, and scale how strongly: `[:, :channels]`, and no number written out.",
            ),
            partial(_outputs, channels=16, scale=1.5),
            _out,
            told_by(
                guide_channels,
                _out,
                {
                    "Three channels are guided, and the other thirteen are c's.": _first(3),
                    "Four channels are guided, and the other twelve are c's.": _first(4),
                    "Half of the channels are guided.": _first(8),
                    "The strength is 3 here, whatever was asked for.": lambda c, u, scale, channels: guide_channels(
                        c, u, 3.0, channels
                    ),
                },
            ),
        ),
        Probe(
            "a variance behind it",
            (
                "Where nothing stands behind the prediction it is right. What stands there, the variance that some networks also say, should be c's.",
                "A variance that is guided can become negative.",
                "`torch.cat([guided, c[:, channels:]], dim=1)`.",
            ),
            partial(_outputs, channels=4, more=2),
            _out,
            told_by(
                guide_channels,
                _out,
                {
                    "Half of all channels are guided, and the first `channels` should be.": (
                        lambda c, u, scale, channels: guide_channels(c, u, scale, c.shape[1] // 2)
                    ),
                    "The variance is guided too.": lambda c, u, scale, channels: u + scale * (c - u),
                    "The variance is u's.": lambda c, u, scale, channels: torch.cat(
                        [guide_channels(c, u, scale, channels)[:, :channels], u[:, channels:]], 1
                    ),
                    "The variance stands before the prediction here.": lambda c, u, scale, channels: guide_channels(
                        c, u, scale, channels
                    ).roll(-channels, 1),
                    "The last channels are guided, and the first should be.": lambda c, u, scale, channels: (
                        guide_channels(c.flip(1), u.flip(1), scale, channels).flip(1)
                    ),
                },
            ),
        ),
    ),
)
