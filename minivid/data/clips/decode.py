"""One video file, read by PyAV: when its frames are shown, and the frames from a given moment on.

Time is counted in ticks, the whole numbers in which the container keeps it, so that nothing is rounded twice. A scan reads packets
without decoding them and keeps only what a clip may need; a clip seeks to the key frame before its start and decodes from there. So
memory is that of a few frames, however long the video. Chapter 1. Checked by tests/data/clips/test_decode.py.
"""

import heapq
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from math import ceil, floor
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

Timed = Iterator[tuple[int, VideoFrame]]


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
    rounding: int
    """By how many ticks the distance of two frames may be off, because the container rounds to ticks."""
    pixel_aspect: Fraction
    """Width of a stored pixel over its height."""

    def seconds(self, time: int) -> float:
        """When, in seconds from the first frame."""
        return float((time - self.first) * self.tick)

    def time(self, seconds: float | int | Fraction) -> int:
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
    """The container and its first moving picture. Raises BrokenVideo, also for what goes wrong later with them."""
    with breaking():
        if path.stat().st_size == 0:
            raise BrokenVideo("is empty")
        with av.open(str(path), metadata_errors="replace") as container:
            stream = next((s for s in container.streams.video if Disposition.attached_pic not in s.disposition), None)
            if stream is None:
                raise BrokenVideo("holds no moving picture")
            if stream.codec_context is None:
                raise BrokenVideo("is in a codec for which there is no decoder")
            stream.codec_context.thread_count = 1  # clips are what runs side by side, and each thread holds frames
            yield container, stream


def scan(path: Path, pace: Pace) -> Video:
    """Read every packet of a file, decode its first frame, and say where clips of that pace may begin.

    Raises BrokenVideo when the file is no video, was cut short, or is too short for one clip.
    """
    with opened(path) as (container, stream):
        return _summary(path, container, stream, pace)


def _summary(path: Path, container: InputContainer, stream: VideoStream, pace: Pace) -> Video:
    count, first, last, duration = 0, None, None, 0
    final: list[int] = []  # the latest times, as many as a clip spans: a heap, so that the least is at hand
    decodes = False
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise BrokenVideo("was cut short or damaged: a packet of it is incomplete")
        decodes = decodes or bool(packet.decode())
        time = _time(packet, container, stream)
        if time is None:
            continue
        count += 1
        first = time if first is None else min(first, time)
        if last is None or time >= last:
            last, duration = time, packet.duration
        (heapq.heappush if len(final) < pace.reach else heapq.heappushpop)(final, time)
    if first is None or not decodes:
        raise BrokenVideo("holds no frame that can be decoded")

    interval = Fraction(last - first, count - 1) if count > 1 else Fraction(1)
    end = last + (duration or round(interval))
    there, promised = (end - first) * stream.time_base, _promised(stream)
    if promised and there < 0.9 * promised:
        raise BrokenVideo(f"was cut short: {float(there):.2f} of {float(promised):.2f} seconds are there")
    if pace.fps:
        span = (pace.frames - 1) / (pace.fps * stream.time_base)
        latest = ceil(end - span) - 1  # at `end` the last frame is off again
        wanted = f"{pace.frames} frames at {float(pace.fps):g} a second"
    else:
        beyond = [*heapq.nsmallest(2, final), end][1]  # when the last clip's first frame gives way to its second
        latest = beyond - 1 if count >= pace.reach else first - 1
        wanted = f"{pace.reach} frames" + (f" ({pace.frames}, one in {pace.stride})" if pace.stride > 1 else "")
    if latest < first:
        raise BrokenVideo(f"is too short: {count} frames in {float(there):.2f} seconds, and a clip takes {wanted}")
    rounding = 1 if interval >= 2 else 0  # where a frame takes one tick, nothing was rounded
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return Video(path, first, last, latest, stream.time_base, rounding, aspect)


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
    for time, frame in _decoded_from(start, container, stream):
        if before is not None and time > start:
            yield before
        before = time, frame
    if before is not None:
        yield before


def _decoded_from(start: int, container: InputContainer, stream: VideoStream) -> Timed:
    """Decoded frames from a key frame at or before `start`: from further back where a seek lands too late."""
    second = int(1 / stream.time_base) + 1
    for back in () if _counts_slots(container, stream) else (0, second, 8 * second):
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
    with opened(Path(container.name)) as (whole, its_stream):
        yield from _decoded(whole, its_stream)


def _decoded(container: InputContainer, stream: VideoStream) -> Timed:
    """Frames with their times. Where the container has no display times, the decoder's order and the packets' times make them."""
    pending: list[int] = []
    for packet in container.demux(stream):
        if _counts_slots(container, stream) and packet.size:
            heapq.heappush(pending, packet.dts)
        for frame in packet.decode():
            time = heapq.heappop(pending) if pending else frame.pts
            if time is None:
                raise BrokenVideo("has a frame without a time")
            if frame.is_corrupt:
                raise BrokenVideo("has a damaged frame")
            yield time, frame


def _time(packet: av.Packet, container: InputContainer, stream: VideoStream) -> int | None:
    """When a packet's frame is shown; None for a packet that shows nothing (the last one, or what an edit list leaves out)."""
    if not packet.size or packet.is_discard:
        return None
    return packet.dts if packet.pts is None or _counts_slots(container, stream) else packet.pts


def _counts_slots(container: InputContainer, stream: VideoStream) -> bool:
    """AVI gives each packet a slot in the order of decoding; with B-frames that is not when it is shown."""
    return container.format.name == "avi" and bool(stream.codec_context.has_b_frames)


def _promised(stream: VideoStream) -> Fraction | None:
    """Seconds of picture that the header announces, where it does (Matroska: as the tag DURATION, "00:00:06.5")."""
    if stream.duration:
        return stream.duration * stream.time_base
    hours, _, rest = stream.metadata.get("DURATION", "").partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        return 3600 * int(hours) + 60 * int(minutes) + Fraction(seconds)
    except ValueError:
        return None
