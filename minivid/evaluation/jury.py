"""The networks that look at clips, brought together (chapter 8; tests/evaluation/test_jury.py)."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Float
from torch import Tensor

from minivid import judges
from minivid.metrics.features import Extractor, extractors
from minivid.metrics.pretrained import I3D_VARIABLE, i3d
from minivid.metrics.text_score import TwoTowers


@dataclass(frozen=True)
class Jury:
    """The judges of clips, with their names and hashes."""

    features: Extractor
    """Features of each clip, and whose they are."""
    frames: Callable[[Float[Tensor, "n c t h w"]], Float[Tensor, "n t d"]]
    """Features of each frame."""
    text: TwoTowers | None = None
    text_id: str = ""
    more: tuple[Extractor, ...] = ()
    """Further networks whose Fréchet distance is wanted, such as I3D."""


def jury() -> Jury:
    """The course's networks; and I3D, where the environment says that it is here. Raises FileNotFoundError where it is not."""
    motion, text = judges.load("judge-motion"), judges.load("judge-text")
    features, frames = extractors(motion.net, motion.name, motion.sha256)
    more = (i3d(),) if os.environ.get(I3D_VARIABLE) else ()
    return Jury(features, frames, text.net, f"judge-text {text.sha256[:12]}", more)
