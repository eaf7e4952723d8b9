"""One video file, read by PyAV: when its frames are shown, and the frames from a given moment on.

Time is counted in ticks, the whole numbers in which the container keeps it, so that nothing is rounded twice. A clip seeks to the key
frame before its start and decodes from there, so memory is that of a few frames, however long the video. A file's name is never taken for an address, and nothing in a file may name one.
Chapter 1. Checked by tests/data/clips/test_decode.py.
"""

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import floor
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from minivid.tools.numbers import Number

Timed = Iterator[tuple[int, VideoFrame]]
FILE = "file:"
ONLY_FILES = {"protocol_whitelist": "file"}
NO_FILMS = ("tty", "image2", "ico")
"""Formats by which FFmpeg shows text and single pictures as if they were films; those that end in "_pipe" are pictures too."""
WITH_ALPHA = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
STILLS = Disposition.attached_pic | Disposition.still_image | Disposition.timed_thumbnails


class BrokenVideo(ValueError):
    """A file that cannot give the frames it was asked for; the message says why and reads on after the file's name."""


@dataclass(frozen=True)
class Pace:
    """Which frames a clip is made of: every `stride`-th, or, with `fps`, the one shown at each 1/fps of a second."""

    frames: int
    stride: int = 1
    fps: Fraction | None = None

    @property
    def reach(self) -> int:
        """How many of the file's frames in a row a clip without `fps` spans."""
        return (self.frames - 1) * self.stride + 1


@dataclass(frozen=True)
class Video:
    """What a scan found, in ticks: when the first and the last frame are shown, and the latest moment that a clip may begin at."""

    path: Path
    first: int
    last: int
    latest: int
    tick: Fraction
    """Seconds in a tick."""
    rounding: Fraction
    """By how many ticks the distance of two frames may be off, because the container rounds to ticks."""
    pixel_aspect: Fraction
    """Width of a stored pixel over its height."""

    def seconds(self, time: int) -> float:
        """When, in seconds from the first frame."""
        return float((time - self.first) * self.tick)

    def time(self, seconds: Number | Fraction) -> int:
        """The tick at or just before so many seconds after the first frame."""
        return self.first + floor(float(seconds / self.tick) + 1e-6)


@contextmanager
def breaking() -> Iterator[None]:
    """Whatever a file makes go wrong inside is raised as a BrokenVideo."""
    try:
        yield
    except BrokenVideo:
        raise
    except (av.FFmpegError, OSError, ValueError, EOFError, MemoryError) as error:
        raise BrokenVideo(f"cannot be read ({getattr(error, 'strerror', None) or error})") from error


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The container and the moving picture that a player shows. Raises BrokenVideo, also for what goes wrong later with them."""
    with breaking():
        if path.stat().st_size == 0:
            raise BrokenVideo("is empty")
        # "file:" in front, and "a:b.mp4" is the name of a file and not a protocol; a playlist inside may open files and no addresses
        with av.open(f"{FILE}{path}", options=ONLY_FILES, metadata_errors="replace") as container:
            stream = _picture_of(container)
            if stream is None:
                raise BrokenVideo("holds no moving picture")
            if stream.codec_context is None:
                raise BrokenVideo("is in a codec for which there is no decoder")
            stream.codec_context.thread_count = 1  # clips are what runs side by side, and each thread holds frames
            yield container, stream


def _picture_of(container: InputContainer) -> VideoStream | None:
    """The stream marked as the default one, else the first; covers and stills are none. None where there is no film."""
    if container.format.name in NO_FILMS or container.format.name.endswith("_pipe"):
        return None
    moving = [stream for stream in container.streams.video if not stream.disposition & STILLS]
    return next((stream for stream in moving if stream.disposition & Disposition.default), next(iter(moving), None))


def is_film(path: Path) -> bool:
    """Whether a file's content, whatever its name, is a moving picture."""
    try:
        with opened(path):
            return True
    except BrokenVideo:
        return False


def read(video: Video, start: int, pace: Pace) -> Iterator[VideoFrame]:
    """The frames of one clip, one at a time, from the frame shown at `start` (in ticks) on.

    A frame that stays on for longer than 1/fps comes again. Raises BrokenVideo when the file breaks on the way.
    """
    with opened(video.path) as (container, stream):
        shown = _shown_from(start, container, stream)
        chosen = _each(shown, pace.stride) if pace.fps is None else _paced(shown, video, pace.fps)
        count = 0
        for frame in chosen:
            yield frame
            count += 1
            if count == pace.frames:
                return
        raise BrokenVideo(f"ends after {count} of {pace.frames} frames from {video.seconds(start):.2f} s on")


def _each(shown: Timed, stride: int) -> Iterator[VideoFrame]:
    for index, (_, frame) in enumerate(shown):
        if index % stride == 0:
            yield frame


def _paced(shown: Timed, video: Video, fps: Fraction) -> Iterator[VideoFrame]:
    """At each moment the last frame that is not later: what a viewer would see."""
    step = 1 / (fps * video.tick)
    moment = None
    before = None
    for time, frame in shown:
        if moment is None:
            moment = Fraction(time)
        while before is not None and time > moment + video.rounding:
            yield before
            moment += step
        before = frame
    if before is not None and time < video.last:
        return  # frames are lost that were there at the scan; else the last one stays on
    while before is not None:
        yield before


def _shown_from(start: int, container: InputContainer, stream: VideoStream) -> Timed:
    """(time, frame) in the order of showing, beginning with the last frame that is not later than `start`."""
    before = None
    for time, frame in decoded_from(start, container, stream):
        if before is not None and time > start:
            yield before
        before = time, frame
    if before is not None:
        yield before


def decoded_from(start: int, container: InputContainer, stream: VideoStream) -> Timed:
    """Decoded frames from a key frame at or before `start`: from further back where a seek lands too late."""
    second = int(1 / stream.time_base) + 1
    for back in () if counts_slots(container, stream) else (0, second, 8 * second):
        try:
            container.seek(start - back, stream=stream, backward=True)
        except av.FFmpegError:
            continue
        frames = _decoded(container, stream)
        head = next(frames, None)
        if head is not None and head[0] <= start:
            yield head
            yield from frames
            return
    with opened(Path(container.name.removeprefix(FILE))) as (whole, its_stream):
        yield from _decoded(whole, its_stream)


def _decoded(container: InputContainer, stream: VideoStream) -> Timed:
    """Frames with their times. Where the container has no display times, the decoder's order and the packets' times make them."""
    pending: list[int] = []
    context = _context(stream)
    for packet in container.demux(stream):
        if counts_slots(container, stream) and packet.size:
            heapq.heappush(pending, packet.dts)
        for frame in context.decode(packet):
            time = heapq.heappop(pending) if pending else frame.pts
            if time is None:
                raise BrokenVideo("has a frame without a time")
            if frame.is_corrupt:
                raise BrokenVideo("has a damaged frame")
            yield time, frame


def _context(stream: VideoStream) -> av.VideoCodecContext:
    """The stream's decoder. WebM says in a tag that a film is transparent, and FFmpeg's own decoders of it do not see that."""
    name = WITH_ALPHA.get(stream.codec_context.name)
    if stream.metadata.get("alpha_mode") != "1" or name not in av.codecs_available:
        return stream.codec_context
    context = av.CodecContext.create(name, "r")
    context.thread_count = 1
    return context


def shown_at(packet: av.Packet, container: InputContainer, stream: VideoStream) -> int | None:
    """When a packet's frame is shown; None for a packet that shows nothing (the last one, or what an edit list leaves out)."""
    if not packet.size or packet.is_discard:
        return None
    return packet.dts if packet.pts is None or counts_slots(container, stream) else packet.pts


def counts_slots(container: InputContainer, stream: VideoStream) -> bool:
    """AVI gives each packet a slot in the order of decoding; with B-frames that is not when it is shown."""
    return container.format.name == "avi" and bool(stream.codec_context.has_b_frames)
