"""A folder is scanned once: what was found is kept in the cache, and holds until a file changes."""

import json
import os
import subprocess
import sys

import pytest

from minivid.data.clips import VideoFolder, folder


@pytest.fixture
def scanned(monkeypatch, tmp_path):
    """The names of the files that are scanned from now on."""
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path / "cache"))
    names, scan = [], folder.scan
    monkeypatch.setattr(folder, "scan", lambda path, pace: names.append(path.name) or scan(path, pace))
    return names


@pytest.fixture
def home(film, tmp_path):
    home = tmp_path / "films"
    home.mkdir()
    for name in "abc":
        film(home / f"{name}.mp4", 20)
    (home / "broken.mp4").write_text("no film")
    return home


def test_a_second_opening_reads_no_film_and_gives_the_same(home, scanned):
    first = VideoFolder(home, frames=4)
    assert sorted(scanned) == ["a.mp4", "b.mp4", "broken.mp4", "c.mp4"]
    scanned.clear()
    again = VideoFolder(home, frames=4)
    assert scanned == [] and again.videos == first.videos and again.skipped == first.skipped
    assert again.sample(2, 0).equal(first.sample(2, 0))


def test_a_changed_file_is_scanned_again_and_no_other(home, film, scanned):
    VideoFolder(home, frames=4)
    scanned.clear()
    film(home / "b.mp4", 30)
    assert scanned == [] and VideoFolder(home, frames=4).videos[1].last > VideoFolder(home, frames=4).videos[0].last
    assert set(scanned) == {"b.mp4"}
    scanned.clear()
    os.utime(home / "c.mp4", ns=(0, 0))
    VideoFolder(home, frames=4)
    assert scanned == ["c.mp4"]


def test_another_pace_is_another_question(home, scanned):
    VideoFolder(home, frames=4)
    scanned.clear()
    VideoFolder(home, frames=5)
    assert len(scanned) == 4


def test_nothing_is_written_beside_the_films_and_a_cache_that_is_none_is_done_without(
    home, scanned, tmp_path, monkeypatch
):
    VideoFolder(home, frames=4)
    assert sorted(path.name for path in home.iterdir()) == ["a.mp4", "b.mp4", "broken.mp4", "c.mp4"]
    (kept,) = (tmp_path / "cache" / "films").iterdir()
    kept.write_text("{ no index")
    assert len(VideoFolder(home, frames=4)) == 3
    (tmp_path / "file").touch()
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path / "file"))
    assert len(VideoFolder(home, frames=4)) == 3


SAMPLED = """
import hashlib, sys
from minivid.data.clips import VideoFolder
folder = VideoFolder(sys.argv[1], frames=4)
print(len(folder), hashlib.sha256(folder.sample(3, seed=5).numpy().tobytes()).hexdigest())
"""


def test_two_processes_that_open_one_folder_at_once_see_the_same_and_leave_one_index(home, tmp_path):
    cache = tmp_path / "cache"
    environment = {**os.environ, "MINIVID_DATA": str(cache), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SAMPLED, str(home)]
    running = [subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    assert said[0] == said[1] and said[0].startswith("3 ")
    (kept,) = (cache / "films").iterdir()  # and no half-written one beside it
    assert len(json.loads(kept.read_text())) == 4
