"""Motion: optical flow and what is done with it."""

from minivid.motion.warp import backward_warp

__all__ = ["backward_warp"]
