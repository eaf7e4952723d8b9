"""What makes a trained network do more than it was trained for, by its configuration and its weights: inflation, low-rank adapters, ControlNet, Text2Video-Zero, ControlVideo."""

from minivid.adapt.controlnet import ControlNetConfig, controlled, copied
from minivid.adapt.controlvideo import control_video, hierarchical
from minivid.adapt.inflate import InflatedConfig, Method, inflate, inflated, inflated_config
from minivid.adapt.lora import LowRankConfig, adapt, merged
from minivid.adapt.zeroshot import looking_at, zero_shot

__all__ = [
    "ControlNetConfig",
    "InflatedConfig",
    "LowRankConfig",
    "Method",
    "adapt",
    "control_video",
    "controlled",
    "copied",
    "hierarchical",
    "inflate",
    "inflated",
    "inflated_config",
    "looking_at",
    "merged",
    "zero_shot",
]
