"""What makes a trained network do more than it was trained for, by its configuration and its weights: inflation, low-rank adapters."""

from minivid.adapt.inflate import InflatedConfig, Method, inflate, inflated
from minivid.adapt.lora import LowRankConfig, adapt, merged

__all__ = ["InflatedConfig", "LowRankConfig", "Method", "adapt", "inflate", "inflated", "merged"]
