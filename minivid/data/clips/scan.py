"""What there is to know of one video file before a clip is read: every packet is read and none is decoded but the first frame's.

Only what a clip may need is kept, so memory stays small however long the film. A file that was cut short is refused here, by what its
header promised or, where its container promises nothing, by whether its last frame is whole.
Chapter 1. Checked by tests/data/clips/test_decode.py and test_cases.py.
"""

import heapq
import struct
from collections import deque
from fractions import Fraction
from math import ceil, gcd
from pathlib import Path

from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from minivid.data.clips.decode import BrokenVideo, Pace, Video, decoded_from, opened, shown_at

NO_PROMISE = ("gif", "mpegts", "mpeg", "mpegvideo", "flv", "h264", "hevc")
"""Formats that do not say how long a film is, or that FFmpeg measures by what is there."""
ASF_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
"""What the object in an ASF header begins with that says, 40 bytes on, how large the file is."""
TS_PACKETS = ((188, 0), (192, 4), (204, 0))
"""Bytes in a packet of a transport stream, and where in it the sync byte lies: broadcast, disc (a time in front), tape (a check behind)."""
SYNC = 0x47
NEIGHBOURS = 64
"""Packets come in the order of decoding; no codec has a frame shown so many places from where it is decoded."""


def scan(path: Path, pace: Pace) -> Video:
    """Read every packet of a file, decode its first frame, and say where clips of that pace may begin.

    Raises BrokenVideo when the file is no video, was cut short, or is too short for one clip.
    """
    with opened(path) as (container, stream):
        return _summary(path, container, stream, pace)


def _summary(path: Path, container: InputContainer, stream: VideoStream, pace: Pace) -> Video:
    count, first, last, duration = 0, None, None, 0
    final: list[int] = []  # the latest times, as many as a clip spans: a heap, so that the least is at hand
    decodes, key, grid = False, None, Grid()
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise BrokenVideo("was cut short or damaged: a packet of it is incomplete")
        decodes = decodes or bool(packet.decode())
        time = shown_at(packet, container, stream)
        if time is None:
            continue
        count += 1
        grid.add(time)
        key = time if packet.is_keyframe else key
        first = time if first is None else min(first, time)
        if last is None or time >= last:
            last, duration = time, packet.duration
        (heapq.heappush if len(final) < pace.reach else heapq.heappushpop)(final, time)
    if not decodes:
        raise BrokenVideo("holds no frame that can be decoded")
    if first is None:
        raise BrokenVideo(
            "says of no frame when it is shown: `ffmpeg -i FILE -c copy NEW.mp4` gives a raw stream its times"
        )

    interval = Fraction(last - first, count - 1) if count > 1 else Fraction(1)
    end = last + (duration or round(interval))
    there, promised = (end - first) * stream.time_base, _promised(container, stream, first)
    if promised and there < 0.9 * promised:
        raise BrokenVideo(f"was cut short: {float(there):.2f} of {float(promised):.2f} seconds are there")
    if container.format.name == "asf" and path.stat().st_size < _asf_size(path):
        raise BrokenVideo(f"was cut short: {path.stat().st_size} of {_asf_size(path)} bytes are there")
    if container.format.name in NO_PROMISE:
        _check_end(path, container, stream, key)
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
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return Video(path, first, last, latest, stream.time_base, grid.rounding(), aspect)


def _asf_size(path: Path) -> int:
    """How many bytes the header of an ASF file (.wmv) says that there are; 0 where it does not say."""
    with path.open("rb") as file:
        head = file.read(2**16)
    at = head.find(ASF_PROPERTIES)
    return int.from_bytes(head[at + 40 : at + 48], "little") if at >= 0 else 0


class Grid:
    """How exactly a container can say when a film's frames are shown, told from all their times in the order of decoding."""

    def __init__(self):
        self.times: list[int] = []  # of late, a heap
        self.begin: int | None = None
        self.before: int | None = None
        self.common = 0  # the greatest common divisor of the distances between neighbours
        self.least = 0  # the smallest of them

    def add(self, time: int) -> None:
        """One more frame."""
        self.begin = time if self.begin is None else self.begin
        self.common = gcd(self.common, time - self.begin)
        heapq.heappush(self.times, time)
        if len(self.times) > NEIGHBOURS:
            self._next()

    def rounding(self) -> Fraction:
        """By how many ticks a distance may be off. Nothing was rounded where all distances are multiples of the smallest: frames
        may be missing there, but none is early. Else each of two times may be half a tick off; where a tick is long, a third of a frame
        is all that is forgiven."""
        while self.times:
            self._next()
        return Fraction(0) if self.common == self.least else min(Fraction(1), Fraction(3 * self.least, 10))

    def _next(self) -> None:
        time = heapq.heappop(self.times)
        if self.before is not None and time > self.before:
            self.least = min(self.least or time - self.before, time - self.before)
        self.before = time


def _check_end(path: Path, container: InputContainer, stream: VideoStream, key: int | None) -> None:
    """Raise BrokenVideo where the last frame was half there. These containers do not say how long they are; the end must be looked at."""
    cut = BrokenVideo("was cut short: its last frame is not whole")
    if container.format.name == "gif":
        try:
            with Image.open(path) as film:
                film.seek(film.n_frames - 1)
                film.load()
        except (OSError, EOFError, SyntaxError, struct.error) as error:
            raise cut from error
        return
    if container.format.name == "mpegts" and path.stat().st_size % _packet(path):
        raise cut
    try:
        last = deque(decoded_from(key or 0, container, stream), maxlen=1)
    except BrokenVideo as error:
        raise cut from error
    if not last:
        raise cut


def _packet(path: Path) -> int:
    """How long the packets of a transport stream are, told by its first sync bytes."""
    with path.open("rb") as file:
        head = file.read(5 * 204)
    for size, sync in TS_PACKETS:
        marks = head[sync::size][:4]
        if marks and set(marks) == {SYNC}:
            return size
    return 1  # begins in the middle of a packet: nothing can be told by its size


def _promised(container: InputContainer, stream: VideoStream, first: int) -> Fraction | None:
    """Seconds from the first frame on that the header announces, where it does.

    Matroska has a tag for it, "00:00:06.5". FFmpeg writes there when the picture ends, by the clock of the file, on which it may
    begin late; mkvmerge, which signs its statistics, how long the picture is.
    """
    begin = max(Fraction(0), first * stream.time_base)
    if container.format.name == "asf":  # says how long its longest stream is, be it sound; its size was asked before
        return None
    if stream.duration:  # an AVI's clock begins with the file, also where the picture comes later
        return stream.duration * stream.time_base - (begin if container.format.name == "avi" else 0)
    tags = {name.upper(): value for name, value in stream.metadata.items()}
    hours, _, rest = next((tags[name] for name in tags if name.split("-")[0] == "DURATION"), "").partition(":")
    minutes, _, seconds = rest.partition(":")
    try:
        told = 3600 * int(hours) + 60 * int(minutes) + Fraction(seconds)
    except ValueError:
        return None
    is_length = any(name.startswith("_STATISTICS") for name in tags) or told <= begin
    return told if is_length else told - begin
