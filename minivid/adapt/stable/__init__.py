"""Stable Diffusion and AnimateDiff's published motion modules, in the course's terms (chapters 6 and 7): for the gpu budget, and on a CPU with random weights."""

from minivid.adapt.stable.loading import stable_diffusion
from minivid.adapt.stable.motion import MotionFileError, public_weights, read_motion
from minivid.adapt.stable.network import StableUNet
from minivid.adapt.stable.pictures import Stable, Subject
from minivid.adapt.stable.stand_in import stand_in

__all__ = [
    "MotionFileError",
    "Stable",
    "StableUNet",
    "Subject",
    "public_weights",
    "read_motion",
    "stable_diffusion",
    "stand_in",
]
