"""The world of moving digits: a simulator whose every clip comes with its exact truth."""

from minivid.data.world.simulator import World
from minivid.data.world.truth import Clips

__all__ = ["Clips", "World"]
