"""Films as people bring them: each of a kind that was read wrongly once, and a family of its kind held against FFmpeg's own answer.

The films in cases/ are 64×64 and 25 frames a second; eight blocks in two rows, black or white, are the bits of a frame's number.
"""

import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from minivid.data.clips import VideoFolder
from minivid.data.clips.decode import BrokenVideo, Pace, read
from minivid.data.clips.scan import scan

CASES = Path(__file__).parent / "cases"
AT_25 = Fraction(25)


def bits(frame) -> tuple[int, ...]:
    """Which of the picture's parts are white: of any two frames of a film it tells whether they are the same one."""
    grey = frame.to_ndarray(format="gray").astype(float)
    h, w = grey.shape
    return tuple((grey.reshape(8, h // 8, w // 8, 8).mean((1, 3)) > 127).astype(int).ravel().tolist())


def by_us(path: Path, fps: Fraction, frames: int) -> list:
    pace = Pace(frames, fps=fps)
    video = scan(path, pace)
    return [bits(frame) for frame in read(video, video.first, pace)]


def by_ffmpeg(path: Path, fps: Fraction, frames: int) -> list:
    """What `ffmpeg -vf fps=FPS` gives of the same picture."""
    with av.open(f"file:{path}") as container:
        stream = next(
            s
            for s in container.streams.video
            if s.disposition & Disposition.default or len(container.streams.video) == 1
        )
        graph = av.filter.Graph()
        source, rate, sink = (
            graph.add_buffer(template=stream),
            graph.add("fps", f"fps={fps}:start_time=0"),
            graph.add("buffersink"),
        )
        source.link_to(rate), rate.link_to(sink), graph.configure()
        found, first = [], None
        for frame in container.decode(stream):
            first = frame.pts if first is None else first
            frame.pts -= first
            source.push(frame)
            found += _pulled(sink)
        source.push(None)
        return [bits(frame) for frame in [*found, *_pulled(sink)]][:frames]


def _pulled(sink) -> list:
    frames = []
    while True:
        try:
            frames.append(sink.pull())
        except (av.BlockingIOError, av.EOFError):
            return frames


@pytest.mark.parametrize("name", ["piece1.mkv", "late.mkv", "drop.avi", "drop25.mp4"])
def test_a_case_is_read_as_ffmpeg_reads_it(name):
    seen = by_us(CASES / name, AT_25, 40)
    assert seen == by_ffmpeg(CASES / name, AT_25, 40) and len(seen) == 40


@pytest.mark.parametrize(
    "tick", [Fraction(1, 25), Fraction(1, 50), Fraction(1, 100), Fraction(1, 1000), Fraction(1, 12800)]
)
@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
@pytest.mark.parametrize("missing", [(), (3,), (1, 2, 10, 11, 12, 30), tuple(range(1, 38, 2))])
def test_missing_frames_leave_the_one_before_on_whatever_the_tick(film, tmp_path, tick, suffix, missing):
    kept = [i for i in range(40) if i not in missing]
    path = film(tmp_path / f"film{suffix}", len(kept), times=[round(i / 25 / tick) for i in kept], tick=tick)
    shown = [max(j for j, i in enumerate(kept) if i <= moment) for moment in range(39)]
    assert by_us(path, AT_25, 39) == by_ffmpeg(path, AT_25, 39)
    assert [bits_of(j) for j in shown] == by_us(path, AT_25, 39)


def bits_of(number: int) -> tuple[int, ...]:
    """What `bits` says of the film fixture's frame of that number."""
    return tuple(number >> bit & 1 for bit in range(12)) * 8


@pytest.mark.parametrize("rate, tick", [(25, 60), (30, 1000), (24, 1000), (30, 100), (15, 1000)])
def test_a_rate_that_does_not_fit_the_tick_loses_no_frame(film, tmp_path, rate, tick):
    times, scale = [round(i * tick / rate) for i in range(40)], {"video_track_timescale": str(tick)}
    path = film(tmp_path / "film.mp4", 40, times=times, tick=Fraction(1, tick), container_options=scale)
    video, pace = scan(path, Pace(20, fps=Fraction(rate))), Pace(20, fps=Fraction(rate))
    for begin in range(0, 20, 5):
        seen = [bits(frame) for frame in read(video, times[begin], pace)]
        assert seen == [bits_of(i) for i in range(begin, begin + 20)]


@pytest.mark.parametrize("begin", [0, 2, 100])
@pytest.mark.parametrize("suffix", [".mkv", ".webm"])
def test_a_piece_that_begins_late_is_whole_and_one_cut_short_is_not(film, tmp_path, begin, suffix):
    codec = ("libx264", "yuv420p") if suffix == ".mkv" else ("libvpx-vp9", "yuv420p")
    times = [1000 * begin + 100 * i for i in range(40)]
    path = film(tmp_path / f"film{suffix}", 40, times=times, tick=Fraction(1, 1000), codec=codec, gop=4)
    video = scan(path, Pace(4))
    assert video.seconds(video.last) == pytest.approx(3.9)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(path.read_bytes()[: int(0.6 * path.stat().st_size)])
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(cut, Pace(4))


@pytest.mark.parametrize("suffix, codec", [(".avi", "libx264"), (".wmv", "wmv2")])
def test_where_a_length_counts_from_zero_a_late_picture_is_whole_and_one_cut_short_is_not(
    film, tmp_path, suffix, codec
):
    times = range(30, 60)
    path = film(
        tmp_path / f"film{suffix}", 30, times=times, tick=Fraction(1, 10), codec=(codec, "yuv420p"), options={"bf": "0"}
    )
    video = scan(path, Pace(4))
    assert video.seconds(video.last) == pytest.approx(2.9, abs=0.01)
    cut = tmp_path / f"cut{suffix}"
    cut.write_bytes(path.read_bytes()[: int(0.7 * path.stat().st_size)])
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(cut, Pace(4))


def test_a_sound_that_goes_on_after_the_picture_makes_no_film_cut_short(tmp_path):
    path = tmp_path / "film.wmv"
    with av.open(str(path), "w") as container:
        picture, sound = container.add_stream("wmv2", rate=10), container.add_stream("wmav2", rate=16000, layout="mono")
        picture.height = picture.width = 64
        picture.pix_fmt, sound.codec_context.bit_rate = "yuv420p", 64000
        for index in range(10):
            image = np.full((64, 64, 3), 20 * index, np.uint8)
            container.mux(picture.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(picture.encode())
        size = sound.codec_context.frame_size
        for block in range(3 * 16000 // size):
            hum = av.AudioFrame.from_ndarray(np.zeros((1, size), np.float32), format="fltp", layout="mono")
            hum.sample_rate, hum.pts, hum.time_base = 16000, size * block, Fraction(1, 16000)
            container.mux(sound.encode(hum))
        container.mux(sound.encode())
    assert scan(path, Pace(10))
    cut = tmp_path / "cut.wmv"
    cut.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(cut, Pace(4))


def test_the_stream_marked_as_default_is_the_film():
    video = scan(CASES / "two.mp4", Pace(4))
    assert next(iter(read(video, video.first, Pace(4)))).width == 64


def test_raw_packets_are_said_to_have_no_times():
    with pytest.raises(BrokenVideo, match="says of no frame when it is shown"):
        scan(CASES / "raw_h264_named.mp4", Pace(4))


@pytest.mark.parametrize("share", [0.2, 0.33, 0.5, 0.62, 0.77, 0.9, 0.99])
def test_a_gif_whose_last_frame_is_half_drawn_is_refused(tmp_path, share):
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(CASES / "cut.gif", Pace(4))
    noise = [Image.fromarray(np.random.default_rng(i).integers(0, 255, (64, 64), np.uint8)) for i in range(12)]
    path = tmp_path / "film.gif"
    noise[0].save(path, save_all=True, append_images=noise[1:], duration=40)
    assert scan(path, Pace(1))
    path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(path, Pace(1))


@pytest.mark.parametrize("codec", ["libx264", "mpeg2video", "mpeg4"])
@pytest.mark.parametrize("share", [0.3, 0.62, 0.9, 0.97])
def test_a_transport_stream_that_ends_within_a_packet_is_refused(film, tmp_path, codec, share):
    whole = film(tmp_path / "film.ts", 40, rate=25, codec=(codec, "yuv420p"))
    assert scan(whole, Pace(4))
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: int(share * whole.stat().st_size) // 188 * 188 + 94])
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(cut, Pace(4))


@pytest.mark.parametrize("packet", [192, 204])
def test_a_transport_stream_of_a_disc_or_a_tape_is_whole_in_packets_of_its_own_size(film, tmp_path, packet):
    """A disc has four bytes of time before each packet, a tape sixteen of check behind it."""
    whole = film(tmp_path / "film.ts", 40, rate=25, codec=("mpeg2video", "yuv420p")).read_bytes()
    before, behind = (b"\0" * 4, b"") if packet == 192 else (b"", b"\0" * 16)
    padded = b"".join(before + whole[i : i + 188] + behind for i in range(0, len(whole), 188))
    path = tmp_path / "padded.ts"
    path.write_bytes(padded)
    assert scan(path, Pace(4)).last > scan(path, Pace(4)).first
    path.write_bytes(padded[: len(padded) // 2 // packet * packet + 94])
    with pytest.raises(BrokenVideo, match="cut short"):
        scan(path, Pace(4))


@pytest.mark.parametrize(
    "name", ["a:b.mp4", "concat:z.mp4", "http:x.Mov", "12:30.mkv", "pipe:0.mp4", "%d.mp4", "data:x.avi"]
)
def test_a_name_is_never_taken_for_an_address(film, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    folder = Path("12:30")
    folder.mkdir()
    film(tmp_path / f"film{Path(name).suffix.lower()}", 12).rename(folder / name)
    assert len(VideoFolder(folder, frames=4)) == 1


def test_a_playlist_may_not_name_an_address(tmp_path):
    (tmp_path / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n"
    )
    shutil.copy(tmp_path / "list.m3u8", tmp_path / "list.mp4")
    shutil.copy(CASES / "two.mp4", tmp_path / "film.mp4")
    folder = VideoFolder(tmp_path, frames=4)
    assert [path.name for path in folder.files] == ["film.mp4"] and len(folder.skipped) == 2


@pytest.mark.parametrize(
    "suffix, codec, pixels", [(".mov", "png", "rgba"), (".mov", "qtrle", "argb"), (".webm", "libvpx-vp9", "yuva420p")]
)
def test_what_is_transparent_is_seen_on_black(tmp_path, suffix, codec, pixels):
    with av.open(str(tmp_path / f"film{suffix}"), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, pixels
        image = np.full((64, 64, 4), 200, np.uint8)
        image[:32, :, 3], image[32:, :, 3] = 255, 0
        for _ in range(6):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgba")))
        container.mux(stream.encode())
    clip = VideoFolder(tmp_path, frames=4, size=64).clip(0)
    upper, lower = clip[..., :28, :], clip[..., 36:, :]
    assert (upper - (2 * 200 / 255 - 1)).abs().max() < 0.05 and (lower + 1).abs().max() < 0.05
