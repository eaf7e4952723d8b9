"""A folder of films is a source of clips: any container, the broken ones named, the same seed the same bytes."""

import os
import pickle
import subprocess
import sys
import textwrap
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from minivid.data.clips import BrokenVideo, VideoFolder

SIZE = (16, 96)  # as the films of conftest are stored
SUFFIXES = (".mp4", ".avi", ".mkv", ".mov", ".gif")


@pytest.fixture
def films(film, tmp_path) -> Path:
    for index, suffix in enumerate(SUFFIXES):
        film(tmp_path / f"film{suffix}", 30 + 4 * index, rate=8 + index)
    return tmp_path


def break_off(path: Path) -> None:
    """The second half of the file becomes zeros; its index and its length stay."""
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2] + bytes(len(data) - len(data) // 2))


def test_every_container_gives_clips(films, read_numbers):
    folder = VideoFolder(films, frames=5, size=SIZE, stride=2)
    assert sorted(path.suffix for path in folder.files) == sorted(SUFFIXES) and len(folder) == 5
    for index in range(5):
        assert read_numbers(folder.clip(index)[0]) == [0, 2, 4, 6, 8]
    video = folder.sample(12, seed=0)
    assert video.shape == (12, 3, 5, *SIZE) and video.dtype == torch.float32
    assert -1 <= video.min() < -0.8 and 0.8 < video.max() <= 1
    for clip in video:
        seen = read_numbers(clip)
        assert seen == list(range(seen[0], seen[0] + 10, 2))


def test_folders_below_are_searched_and_other_files_left_alone(film, tmp_path):
    (tmp_path / "a" / "b").mkdir(parents=True)
    film(tmp_path / "a" / "b" / "film.mp4", 10).rename(tmp_path / "a" / "b" / "FILM.MP4")
    (tmp_path / "notes.txt").write_text("no film")
    (tmp_path / "._film.mp4").write_bytes(b"what some systems leave beside a film")
    folder = VideoFolder(tmp_path, frames=4)
    assert [path.name for path in folder.files] == ["FILM.MP4"]
    assert [reason for _, reason in folder.skipped] == ["._film.mp4 is hidden.", "notes.txt is no film."]


@pytest.mark.parametrize("colour, channels", [(True, 3), (False, 1)])
@pytest.mark.parametrize("size, shape", [(24, (24, 24)), ((8, 12), (8, 12))])
@pytest.mark.parametrize("crop", ["centre", "none"])
def test_clips_have_the_size_and_the_channels_asked_for(film, tmp_path, colour, channels, size, shape, crop):
    film(tmp_path / "film.mp4", 10)
    folder = VideoFolder(tmp_path, frames=3, size=size, colour=colour, crop=crop)
    assert folder.sample(2, seed=0).shape == (2, channels, 3, *shape)


def test_the_same_seed_gives_the_same_bytes_in_any_order_and_process(films):
    folder = VideoFolder(films, frames=4, size=SIZE)
    first = folder.sample(6, seed=(3, 1))
    folder.sample(2, seed=4)
    assert torch.equal(first, folder.sample(6, seed=(3, 1)))
    assert torch.equal(first, VideoFolder(films, frames=4, size=SIZE).sample(6, seed=(3, 1)))
    assert torch.equal(first, pickle.loads(pickle.dumps(folder)).sample(6, seed=(3, 1)))
    assert not torch.equal(first, folder.sample(6, seed=(3, 2)))


def test_every_film_is_as_likely_and_every_moment_may_begin_a_clip(film, tmp_path, read_numbers):
    film(tmp_path / "short.gif", 5)
    film(tmp_path / "long.gif", 60)
    folder = VideoFolder(tmp_path, frames=4, size=SIZE)
    starts = [read_numbers(clip)[0] for clip in folder.sample(400, seed=0)]
    short_or_head = sum(start < 2 for start in starts)
    assert 160 < short_or_head < 260  # 200 of the short film, and about 7 of the long one's head
    assert max(starts) == 56 and len(set(starts)) > 45


def test_what_is_broken_is_named_with_its_reason_counted_and_passed_over(films, film):
    film(films / "brief.mp4", 3)
    (films / "letter.mp4").write_text("no film\n" * 100)
    (films / "nothing.mov").touch()
    cut = film(films / "cut.mkv", 400)
    cut.write_bytes(cut.read_bytes()[:4000])
    folder = VideoFolder(films, frames=5, size=SIZE)
    assert len(folder) == 5 and len(folder.skipped) == 4
    reasons = {path.name: reason for path, reason in folder.skipped}
    assert "brief.mp4 is too short: 3 frames" in reasons["brief.mp4"]
    assert "letter.mp4 cannot be read" in reasons["letter.mp4"]
    assert "nothing.mov is empty" in reasons["nothing.mov"]
    assert "cut.mkv was cut short" in reasons["cut.mkv"]
    assert str(folder).startswith(f"{films.name}: 5 of 9 files serve. 4 skipped: ") and reasons["brief.mp4"] in str(
        folder
    )
    folder.sample(8, seed=0)
    assert len(folder.skipped) == 4


def test_a_film_that_breaks_later_is_recorded_once_and_another_is_taken(film, tmp_path, read_numbers):
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        film(tmp_path / name, 40, gop=4)
    folder = VideoFolder(tmp_path, frames=4, size=SIZE)
    whole = folder.sample(24, seed=0)
    (tmp_path / "a.mp4").write_bytes(b"overwritten")
    (tmp_path / "b.mp4").unlink()
    video = folder.sample(24, seed=0)
    assert sorted(path.name for path, _ in folder.skipped) == ["a.mp4", "b.mp4"]
    assert [path.name for path in folder.files] == ["c.mp4"] and len(folder) == 1
    for clip in video:
        seen = read_numbers(clip)
        assert seen == list(range(seen[0], seen[0] + 4))
    kept = [torch.equal(*pair) for pair in zip(whole, video, strict=True)]
    assert sum(kept) >= 4  # the draws of c.mp4 are where they were: no broken file has shifted them
    assert torch.equal(video, folder.sample(24, seed=0))


def test_a_film_that_breaks_in_its_middle_gives_what_is_whole(film, tmp_path):
    path = film(tmp_path / "film.mp4", 400, gop=4, container_options={"movflags": "faststart"})
    folder = VideoFolder(tmp_path, frames=4, size=SIZE)
    intact = folder.clip(0, 1)
    break_off(path)
    assert torch.equal(folder.clip(0, 1), intact)
    with pytest.raises(BrokenVideo):
        folder.clip(0, 35)


def test_a_film_that_breaks_on_the_way_does_not_change_what_a_seed_means(film, tmp_path, read_numbers):
    film(tmp_path / "whole.gif", 40)
    broken = film(tmp_path / "broken.mp4", 400, gop=4, container_options={"movflags": "faststart"})
    folder = VideoFolder(tmp_path, frames=4, size=SIZE)
    break_off(broken)
    first = folder.sample(12, seed=0)
    assert [path.name for path, _ in folder.skipped] == ["broken.mp4"]
    assert max(read_numbers(clip)[0] for clip in first) > 40  # some are of what is whole of the broken one
    assert torch.equal(first, folder.sample(12, seed=0))


def test_a_frame_that_cannot_become_a_picture_breaks_its_film_and_not_the_worker(film, tmp_path, monkeypatch):
    def fail(frame, look, aspect):
        raise av.error.PatchWelcomeError(0, "Not yet implemented in FFmpeg")

    film(tmp_path / "film.mp4", 20)
    folder = VideoFolder(tmp_path, frames=4)
    monkeypatch.setattr("minivid.data.clips.folder.picture", fail)
    with pytest.raises(ValueError, match=r"film.mp4 cannot be read .Not yet implemented"):
        folder.sample(1, seed=0)


def test_when_no_film_is_left_a_sentence_says_so(film, tmp_path):
    path = film(tmp_path / "film.mp4", 20)
    folder = VideoFolder(tmp_path, frames=4)
    path.write_bytes(b"overwritten")
    with pytest.raises(ValueError, match=r"can be decoded any more. 1 skipped: film.mp4 cannot be read"):
        folder.sample(1, seed=0)


def test_a_worker_of_a_loader_draws_the_same_clips(films):
    folder = VideoFolder(films, frames=4, size=8)

    class Draws(torch.utils.data.Dataset):
        def __len__(self):
            return 6

        def __getitem__(self, index):
            return folder.sample(1, seed=index)[0]

    loader = torch.utils.data.DataLoader(Draws(), batch_size=3, num_workers=1)
    alone = torch.cat([folder.sample(1, seed=index) for index in range(6)])
    assert torch.equal(torch.cat(list(loader)), alone)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_worker_can_collect_what_its_parent_left_behind(films):
    """What was read waits in reference cycles; freed in a child, nothing of it may wait for the parent's threads."""
    program = f"""
        import gc, os, time
        from minivid.data.clips import VideoFolder
        gc.disable()
        VideoFolder({str(films)!r}, frames=4, size=8).sample(2, seed=0)
        child = os.fork()
        if child == 0:
            gc.collect()
            os._exit(0)
        assert os.waitpid(child, 0) == (child, 0)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(program)], check=True, timeout=60)


@pytest.mark.parametrize(
    "options, sentence",
    [
        ({"frames": 0}, "frames is 0"),
        ({"stride": 0}, "stride is 0"),
        ({"size": 0}, "size is 0"),
        ({"size": (8, -1)}, "size is (8, -1)"),
        ({"fps": 0}, "fps is 0"),
        ({"fps": float("nan")}, "fps is nan"),
        ({"fps": Fraction(-1, 2)}, "fps is -1/2"),
        ({"fps": 8, "stride": 2}, "choose the one or the other"),
        ({"crop": "left"}, 'crop is "left"'),
    ],
)
def test_an_option_out_of_range_is_refused_before_any_file_is_read(tmp_path, options, sentence):
    with pytest.raises(ValueError) as refusal:
        VideoFolder(tmp_path / "nowhere", **options)
    assert sentence in str(refusal.value)


def test_a_sample_of_none_is_refused(films):
    with pytest.raises(ValueError, match="n is 0"):
        VideoFolder(films, frames=4).sample(0, seed=0)


def test_a_folder_that_is_not_there_or_holds_no_film_is_said_in_a_sentence(film, tmp_path):
    with pytest.raises(FileNotFoundError, match="There is no folder"):
        VideoFolder(tmp_path / "nowhere")
    (tmp_path / "notes.txt").touch()
    with pytest.raises(FileNotFoundError, match="is a file; expected the folder"):
        VideoFolder(tmp_path / "notes.txt")
    with pytest.raises(ValueError, match=r"can serve. 1 skipped: notes.txt is no film"):
        VideoFolder(tmp_path)
    film(tmp_path / "film.mp4", 3)
    with pytest.raises(ValueError, match=r"can serve. 2 skipped: film.mp4 is too short"):
        VideoFolder(tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="There is no video in"):
        VideoFolder(tmp_path / "empty")


def test_numpys_numbers_are_options_too(film, tmp_path):
    film(tmp_path / "a.mp4", 20)
    plain = VideoFolder(tmp_path, frames=4, size=16, fps=5).sample(2, 0)
    of_numpy = VideoFolder(tmp_path, frames=np.int64(4), size=np.int64(16), fps=np.float32(5)).sample(
        np.int64(2), np.int64(0)
    )
    assert (plain == of_numpy).all()


def test_a_clip_that_is_not_there_is_a_sentence(film, tmp_path):
    film(tmp_path / "a.mp4", 20)
    folder = VideoFolder(tmp_path, frames=4)
    for place in (1, -2):
        with pytest.raises(ValueError, match=f"index is {place}; expected a whole number from -1 to 0"):
            folder.clip(place)
    for start in (-1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match=r"start is .*; expected seconds from 0 on"):
            folder.clip(0, start)
