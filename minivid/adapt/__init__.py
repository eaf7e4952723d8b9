"""What makes a trained network do more than it was trained for, by its configuration and its weights: inflation, low-rank adapters, Text2Video-Zero."""

from minivid.adapt.inflate import InflatedConfig, Method, inflate, inflated
from minivid.adapt.lora import LowRankConfig, adapt, merged
from minivid.adapt.zeroshot import looking_at, zero_shot

__all__ = [
    "InflatedConfig",
    "LowRankConfig",
    "Method",
    "adapt",
    "inflate",
    "inflated",
    "looking_at",
    "merged",
    "zero_shot",
]
