"""Frames come by their presentation times, from any container, from any moment, and few at a time."""

from fractions import Fraction
from itertools import accumulate

import av
import numpy as np
import psutil
import pytest

from minivid.data.clips import decode
from minivid.data.clips.decode import BrokenVideo, Pace, read
from minivid.data.clips.scan import scan

KINDS = {
    "mp4": ("film.mp4", {}),
    "mov": ("film.mov", {}),
    "mkv": ("film.mkv", {}),
    "mkv at 30 a second, in rounded milliseconds": ("film.mkv", {"rate": 30}),
    "mkv with open groups": ("film.mkv", {"options": {"x264-params": "open-gop=1:keyint=8:bframes=3:scenecut=0"}}),
    "mp4 with open groups": ("film.mp4", {"options": {"x264-params": "open-gop=1:keyint=8:bframes=3:scenecut=0"}}),
    "mp4 with sound": ("film.mp4", {"sound": True}),
    "avi": ("film.avi", {}),
    "avi with B-frames": ("film.avi", {"options": {"bf": "2"}}),
    "avi with H.264, whose packets' times are out of order": (
        "film.avi",
        {"codec": ("libx264", "yuv420p"), "options": {"x264-params": "b-adapt=0:bframes=3:scenecut=0"}},
    ),
    "mkv with MPEG-2": ("film.mkv", {"codec": ("mpeg2video", "yuv420p"), "rate": 25, "options": {"bf": "2"}}),
    "gif": ("film.gif", {}),
}
SLOW_START = list(accumulate([0] + [1] * 20 + [5] * 19))  # frames 0.01 s apart, then 0.05 s


def number(frame) -> int:
    bars = frame.to_ndarray(format="gray").reshape(16, 12, 8)[..., 2:-2].mean((0, 2)) > 127
    return sum(int(bar) << bit for bit, bar in enumerate(bars))


def shown(path, start, **pace) -> list[int]:
    """Numbers of the frames of the clip from `start` seconds on."""
    video = scan(path, Pace(**pace))
    return [number(frame) for frame in read(video, video.time(start), Pace(**pace))]


@pytest.mark.parametrize("kind", KINDS)
def test_from_every_moment_the_clip_begins_with_the_frame_shown_then(film, tmp_path, kind):
    name, options = KINDS[kind]
    path = film(tmp_path / name, 40, **options)
    rate = options.get("rate", 10)
    for frame in range(36):
        assert shown(path, Fraction(2 * frame + 1, 2 * rate), frames=4) == list(range(frame, frame + 4))


@pytest.mark.parametrize("kind", KINDS)
def test_a_clip_may_end_with_the_last_frame_and_not_later(film, tmp_path, kind):
    name, options = KINDS[kind]
    pace = Pace(frames=4, stride=3)
    video = scan(film(tmp_path / name, 40, **options), pace)
    assert [number(frame) for frame in read(video, video.latest, pace)] == [30, 33, 36, 39]
    with pytest.raises(BrokenVideo, match="ends after 3 of 4 frames"):
        list(read(video, video.latest + (video.last - video.first) // 39, pace))


@pytest.mark.parametrize("kind", KINDS)
def test_another_rate_shows_the_frame_on_at_each_moment(film, tmp_path, kind):
    name, options = KINDS[kind]
    path = film(tmp_path / name, 40, **options)
    rate = options.get("rate", 10)
    assert shown(path, 0, frames=10, fps=Fraction(rate, 4)) == list(range(0, 40, 4))
    assert shown(path, 0, frames=10, fps=Fraction(rate)) == list(range(10))
    assert shown(path, 0, frames=8, fps=Fraction(2 * rate)) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert shown(path, 0, frames=9, fps=Fraction(rate * 2, 3)) == [0, 1, 3, 4, 6, 7, 9, 10, 12]


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv", ".gif"])
def test_a_variable_rate_is_read_by_the_clock_and_not_by_counting(film, tmp_path, suffix):
    path = film(tmp_path / f"film{suffix}", 40, times=[2 * t for t in SLOW_START], tick=Fraction(1, 100))
    # 0.02 s apart up to frame 20 at 0.4 s, then 0.1 s apart: every 0.1 s that is each fifth frame, and then each.
    assert shown(path, 0, frames=10, fps=Fraction(10)) == [0, 5, 10, 15, 20, 21, 22, 23, 24, 25]
    assert shown(path, 0, frames=10, stride=3) == list(range(0, 30, 3))
    assert shown(path, 1.45, frames=4, fps=Fraction(10)) == [30, 31, 32, 33]


def test_the_last_clip_of_a_variable_rate_ends_with_the_film(film, tmp_path):
    path = film(tmp_path / "film.gif", 40, times=[2 * t for t in SLOW_START], tick=Fraction(1, 100))
    # frame 29 + k is shown at 1.3 + 0.1 k s; a clip from 1.3 s at 4 a second looks at 1.3, 1.55, 1.8, 2.05 and 2.3 s
    for pace, last in [(Pace(5, fps=Fraction(4)), [29, 31, 34, 36, 39]), (Pace(5, stride=2), [31, 33, 35, 37, 39])]:
        video = scan(path, pace)
        assert [number(frame) for frame in read(video, video.latest, pace)] == last


def test_a_seek_that_lands_too_late_is_made_good(film, tmp_path, monkeypatch):
    path = film(tmp_path / "film.mkv", 40, gop=5)
    honest = decode._decoded
    calls = []

    def late(container, stream):
        calls.append(1)
        frames = honest(container, stream)
        return (pair for pair in frames if pair[0] >= 3000) if len(calls) < 3 else frames

    video = scan(path, Pace(4))
    monkeypatch.setattr(decode, "_decoded", late)
    assert [number(frame) for frame in read(video, 2000, Pace(4))] == [20, 21, 22, 23]
    assert len(calls) == 3


@pytest.mark.parametrize(
    "name, content, reason",
    [
        ("text.mp4", b"no film, a letter\n" * 50, "cannot be read"),
        ("text.gif", b"no film, a letter\n" * 50, "cannot be read"),
        ("empty.mkv", b"", "is empty"),
    ],
)
def test_what_is_no_film_is_said_to_be_none(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BrokenVideo, match=reason):
        scan(tmp_path / name, Pace(4))


def test_a_file_that_is_gone_is_broken(tmp_path):
    with pytest.raises(BrokenVideo, match="No such file"):
        scan(tmp_path / "gone.mp4", Pace(4))


def test_sound_alone_is_no_film(tmp_path):
    path = tmp_path / "song.mp4"
    with av.open(str(path), "w") as container:
        voice = container.add_stream("aac", rate=16000, layout="mono")
        hum = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        hum.sample_rate = 16000
        container.mux([*voice.encode(hum), *voice.encode()])
    with pytest.raises(BrokenVideo, match="no moving picture"):
        scan(path, Pace(4))


def grain(count: int) -> list[np.ndarray]:
    """Pictures that no codec makes small, so that a file's bytes are spread evenly over its frames."""
    return list(np.random.default_rng(0).integers(0, 256, (count, 48, 64, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    "kind, kept",
    [("mp4", 0.3), ("mp4", 0.99), ("mov", 0.6), ("mov", 0.99), ("mkv", 0.3), ("mkv", 0.8), ("avi", 0.3), ("avi", 0.97)],
)
def test_a_film_cut_short_is_recognised(film, tmp_path, kind, kept):
    index_first = {"movflags": "faststart"} if kind in ("mp4", "mov") else {}
    path = film(tmp_path / f"film.{kind}", grain(40), container_options=index_first)
    data = path.read_bytes()
    path.write_bytes(data[: int(kept * len(data))])
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(path, Pace(4))


def test_a_film_whose_index_was_cut_off_cannot_be_read(film, tmp_path):
    path = film(tmp_path / "film.mp4", grain(40))
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(BrokenVideo, match="cannot be read"):
        scan(path, Pace(4))


def test_a_damaged_frame_breaks_the_clip_that_needs_it_and_no_other(film, tmp_path):
    path = film(tmp_path / "film.mkv", grain(60), gop=6)
    video = scan(path, Pace(4))
    data = bytearray(path.read_bytes())
    hole = slice(6 * len(data) // 10, 7 * len(data) // 10)
    data[hole] = bytes(len(data[hole]))
    path.write_bytes(data)
    assert len(list(read(video, video.time(1), Pace(4)))) == 4
    with pytest.raises(BrokenVideo, match="damaged frame"):
        list(read(video, video.time(3.2), Pace(8)))


def test_a_film_that_has_lost_its_end_since_does_not_stand_still_instead(film, tmp_path):
    path, pace = film(tmp_path / "film.mkv", grain(40), gop=6), Pace(4, fps=Fraction(2))
    video = scan(path, pace)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.8 * len(data))])
    with pytest.raises(BrokenVideo, match="ends after 2 of 4 frames"):
        list(read(video, video.time(2), pace))


@pytest.mark.parametrize(
    "pace, wanted",
    [
        (Pace(41), "40 frames in 4.00 seconds, and a clip takes 41 frames"),
        (Pace(14, stride=4), r"a clip takes 53 frames \(14, one in 4\)"),
        (Pace(6, fps=Fraction(5, 4)), "a clip takes 6 frames at 1.25 a second"),
    ],
)
def test_a_film_that_is_too_short_is_said_to_be(film, tmp_path, pace, wanted):
    path = film(tmp_path / "film.mp4", 40)
    with pytest.raises(BrokenVideo, match=wanted):
        scan(path, pace)


@pytest.mark.parametrize(
    "pace", [Pace(40), Pace(14, stride=3), Pace(5, fps=Fraction(5, 4)), Pace(40, fps=Fraction(10))]
)
def test_a_film_that_is_just_long_enough_serves(film, tmp_path, pace):
    video = scan(film(tmp_path / "film.mp4", 40), pace)
    assert len(list(read(video, video.latest, pace))) == pace.frames


def test_memory_does_not_grow_with_the_film(film, tmp_path, monkeypatch):
    """One group of 500 frames, 0.46 MB each: held together, they would be 230 MB."""
    still = np.zeros((480, 640, 3), np.uint8)
    path = film(tmp_path / "long.mp4", [still] * 500, codec=("mpeg4", "yuv420p"), gop=600)
    process, memory = psutil.Process(), []
    honest = decode._decoded

    def weighed(container, stream):
        for pair in honest(container, stream):
            memory.append(process.memory_info().rss)
            yield pair

    monkeypatch.setattr(decode, "_decoded", weighed)
    before = process.memory_info().rss
    video = scan(path, Pace(4, stride=5))
    assert sum(1 for _ in read(video, video.latest, Pace(4, stride=5))) == 4
    assert len(memory) == 500
    assert max(memory) - before < 50e6
