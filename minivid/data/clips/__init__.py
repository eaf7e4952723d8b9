"""A folder of real videos as clips: mp4, avi, mkv, mov, gif, at any rate and of any size, decoded by PyAV.

clips = VideoFolder("holiday", frames=16, size=32, fps=8)
video = clips.sample(4, seed=0)             # 4 3 16 32 32 in [-1, 1]
"""

from minivid.data.clips.decode import BrokenVideo
from minivid.data.clips.folder import VideoFolder

__all__ = ["BrokenVideo", "VideoFolder"]
