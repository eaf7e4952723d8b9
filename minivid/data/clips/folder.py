"""`VideoFolder`: a folder of real videos as a source of clips.

Chapter 1. Checked by tests/data/clips/test_folder.py.
"""

from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.data.clips.decode import BrokenVideo, Pace, Video, breaking, is_film, read
from minivid.data.clips.finding import SUFFIXES, files_below
from minivid.data.clips.index import Index
from minivid.data.clips.picture import CROPS, Look, picture
from minivid.data.clips.scan import scan
from minivid.data.video import from_uint8
from minivid.tools.numbers import Number, Whole, exact_rate, seconds, whole
from minivid.tools.seeds import Seed, generator

LARGEST = 2**14
"""Pixels that a side of a clip can have; one frame in colour is then 800 MB."""


class VideoFolder:
    """Clips of `frames` frames, `size` pixels high and wide, from the videos in a folder and in the folders below it.

    A clip takes every `stride`-th frame, or, with `fps`, what is shown at each 1/fps of a second. `crop` is "centre" (the largest
    piece of the clip's shape) or "none" (the whole picture, stretched). What is transparent is seen on black. A file's content says
    whether it is a film; linked folders are followed, hidden ones are not. Whatever is left out is in `skipped`, with the reason.
    What a scan found is kept in the cache until the file changes.
    Raises FileNotFoundError where there is no folder, ValueError for an option out of range and where no file can serve.
    """

    def __init__(
        self,
        folder: str | Path,
        frames: Whole = 16,
        size: Whole | tuple[Whole, Whole] = 32,
        fps: Number | Fraction | None = None,
        stride: Whole = 1,
        colour: bool = True,
        crop: str = "centre",
    ):
        self.folder = Path(folder)
        self.pace = _pace(frames, stride, fps)
        self.look = _look(size, colour, crop)
        self.skipped: list[tuple[Path, str]] = []
        """Each file and folder that is left out or that broke since the scan, with the reason; one is named once."""
        self.videos: list[Video] = []
        """What the scan found usable, in the order of the paths. It never changes, so that a seed always means the same clips."""

        index = Index(self.folder, self.pace)
        for path, left_out in _listed(self.folder):
            found = left_out or index.get(path)
            if found is None:
                found = self._scanned(path)
                index.put(path, found)
            if isinstance(found, Video):
                self.videos.append(found)
            else:
                self._skip(path, found)
        index.keep()
        if not self.videos:
            raise ValueError(f"No video in {self.folder} can serve. {self._named()}")

    @property
    def files(self) -> list[Path]:
        """The usable files, but for those that have broken since the scan."""
        broken = {path for path, _ in self.skipped}
        return [video.path for video in self.videos if video.path not in broken]

    def __len__(self) -> int:
        return len(self.files)

    def __str__(self) -> str:
        usable = f"{self.folder.absolute().name}: {len(self)} of {len(self.videos) + self._left_out()} files serve."
        return f"{usable} {self._named()}" if self.skipped else usable

    def sample(self, n: Whole, seed: Seed) -> Float[Tensor, "n c t h w"]:
        """`n` clips in [-1, 1]: of a file drawn at random, each as likely as another, from a moment drawn at random.

        The same seed gives the same bytes, in any process and whatever was drawn before. A file that breaks while it is decoded is
        recorded, and the next one drawn takes its place; a ValueError is raised when none is left.
        """
        n = whole(n, "n")
        draws = generator(seed, "videos")
        return from_uint8(np.stack([self._draw(draws) for _ in range(n)]))

    def clip(self, index: Whole, start: Number | Fraction = 0) -> Float[Tensor, "1 c t h w"]:
        """The clip of `videos[index]` from the frame shown `start` seconds after the first. Raises BrokenVideo, a ValueError."""
        video = self.videos[whole(index, "index", -len(self.videos), len(self.videos) - 1)]
        return from_uint8(self._frames(video, video.time(seconds(start, "start")))[None])

    def _draw(self, draws: torch.Generator) -> np.ndarray:
        """One clip, `t h w c` bytes. All that it draws, it draws before it decodes, so that a broken file shifts no later clip."""
        order = torch.randperm(len(self.videos), generator=draws).tolist()
        when = torch.rand((), generator=draws, dtype=torch.float64).item()
        for video in (self.videos[index] for index in order):
            start = video.first + int(when * (video.latest - video.first + 1))
            try:
                return self._frames(video, start)
            except BrokenVideo as reason:
                self._skip(video.path, str(reason))
        raise ValueError(f"No video in {self.folder} can be decoded any more. {self._named()}")

    def _scanned(self, path: Path) -> Video | str:
        """What there is to know of a file: the video, or why there is none."""
        if path.suffix.lower() not in SUFFIXES and not is_film(path):
            return "is no film"
        try:
            return scan(path, self.pace)
        except BrokenVideo as reason:
            return str(reason)

    def _frames(self, video: Video, start: int) -> np.ndarray:
        with breaking():
            return np.stack([picture(frame, self.look, video.pixel_aspect) for frame in read(video, start, self.pace)])

    def _skip(self, path: Path, reason: str) -> None:
        if all(path != named for named, _ in self.skipped):
            self.skipped.append((path, f"{path.name} {reason}."))

    def _left_out(self) -> int:
        found = {video.path for video in self.videos}
        return sum(path not in found for path, _ in self.skipped)

    def _named(self, most: int = 5) -> str:
        """How many files were skipped, and the first of them with their reasons."""
        reasons = " ".join(reason for _, reason in self.skipped[:most])
        more = f" And {len(self.skipped) - most} more." if len(self.skipped) > most else ""
        return f"{len(self.skipped)} skipped: {reasons}{more}"


def _listed(folder: Path) -> list[tuple[Path, str]]:
    """Every file below, with why it is left out, or ""."""
    if not folder.exists():
        raise FileNotFoundError(
            f"There is no folder {folder}; expected one with videos ({', '.join(SUFFIXES[:7])}, …)."
        )
    if not folder.is_dir():
        raise FileNotFoundError(f"{folder} is a file; expected the folder that the videos lie in.")
    found = list(files_below(folder))
    if not found:
        raise ValueError(f"There is no video in {folder} or below it: it is empty.")
    return found


def _pace(frames: Whole, stride: Whole, fps: Number | Fraction | None) -> Pace:
    frames, stride = whole(frames, "frames"), whole(stride, "stride")
    rate = None if fps is None else exact_rate(fps)
    if fps is not None and stride != 1:
        raise ValueError(f"Both fps ({fps}) and stride ({stride}) are given; choose the one or the other.")
    return Pace(frames, stride, rate)


def _look(size: Whole | tuple[Whole, Whole], colour: bool, crop: str) -> Look:
    try:
        height, width = size
    except (TypeError, ValueError):
        height = width = size
    try:
        height, width = whole(height, "size", most=LARGEST), whole(width, "size", most=LARGEST)
    except ValueError:
        raise ValueError(f"size is {size!r:.60}; expected 1 to {LARGEST} pixels, or (height, width).") from None
    if crop not in CROPS:
        raise ValueError(f'crop is "{crop}"; expected "centre" or "none".')
    return Look((height, width), colour, crop)
