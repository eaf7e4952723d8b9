"""Films for the tests of real video: each frame shows its own number, in twelve black or white bars, so that any codec keeps it."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

BITS = 12
HEIGHT, WIDTH = 16, 8 * BITS

CODECS = {
    ".mp4": ("libx264", "yuv420p"),
    ".mov": ("libx264", "yuv420p"),
    ".mkv": ("libx264", "yuv420p"),
    ".avi": ("mpeg4", "yuv420p"),
    ".gif": ("gif", "rgb8"),
}


def numbered(number: int) -> np.ndarray:
    """The picture `h w 3` that shows a number in binary, its lowest bit on the left."""
    bars = [255 * (number >> bit & 1) for bit in range(BITS)]
    return np.broadcast_to(np.repeat(bars, 8)[None, :, None], (HEIGHT, WIDTH, 3)).astype(np.uint8)


def numbers(video) -> list[int]:
    """The numbers that the frames of one clip, `c t h w` in [-1, 1], show."""
    bars = video.reshape(*video.shape[:-1], BITS, 8)[..., 2:-2].mean((0, 2, 4)) > 0
    return [sum(int(bar) << bit for bit, bar in enumerate(frame)) for frame in bars]


def write_film(
    path: Path,
    frames=40,
    rate=10,
    *,
    times=None,
    tick=None,
    codec=None,
    gop=12,
    turn=None,
    mirror=False,
    pixel_aspect=None,
    sound=False,
    options=None,
    container_options=None,
) -> Path:
    """Encode `frames` (a count, or pictures `h w 3`) at `rate` a second, or at `times` in units of `tick` seconds."""
    pictures = [numbered(i) for i in range(frames)] if isinstance(frames, int) else frames
    name, pixels = codec or CODECS[path.suffix]
    with av.open(str(path), "w", container_options=container_options or {}) as container:
        stream = container.add_stream(name, rate=rate)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = pixels
        stream.codec_context.gop_size = gop
        stream.options = options or {}
        if times is not None:
            stream.codec_context.time_base = tick
        if pixel_aspect:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if turn is not None:
            stream.set_display_rotation(turn, hflip=mirror)
        voice = container.add_stream("aac", rate=16000, layout="mono") if sound else None
        for i, image in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            if times is not None:
                frame.pts, frame.time_base = times[i], tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
        if voice:
            for block in range(30):
                hum = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
                hum.sample_rate, hum.pts, hum.time_base = 16000, 1024 * block, Fraction(1, 16000)
                container.mux(voice.encode(hum))
            container.mux(voice.encode())
    return path


@pytest.fixture
def film():
    return write_film


@pytest.fixture
def read_numbers():
    return numbers
