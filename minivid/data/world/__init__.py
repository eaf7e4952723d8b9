"""The world of moving digits: a simulator whose every clip comes with its exact truth.

`options` say what there is, `draw` decides by chance or by caption, `dynamics` and `tracks` move, `render` and `look` make the picture,
`truth` keeps what is known, `audio` clicks, and `simulator` has the `World`, the way through them.
"""

from minivid.data.world.audio import SAMPLE_RATE
from minivid.data.world.simulator import World
from minivid.data.world.truth import Clips

__all__ = ["SAMPLE_RATE", "Clips", "World"]
