"""What in a folder is a film is said by its content; whatever is left out is named, with the reason."""

import os

import pytest
from PIL import Image

from minivid.data.clips import VideoFolder


@pytest.fixture
def reasons():
    return lambda folder: {str(path.relative_to(folder.folder)): reason for path, reason in folder.skipped}


def test_hidden_files_and_folders_are_left_out_by_name(film, tmp_path, reasons):
    film(tmp_path / "film.mp4", 10)
    for hidden in (".ipynb_checkpoints", ".Trash-1000"):
        (tmp_path / hidden).mkdir()
        film(tmp_path / hidden / "film.mp4", 10)
    folder = VideoFolder(tmp_path, frames=4)
    assert len(folder) == 1
    assert reasons(folder) == {
        ".Trash-1000": ".Trash-1000 is hidden.",
        ".ipynb_checkpoints": ".ipynb_checkpoints is hidden.",
    }


def test_linked_folders_are_followed_each_once(film, tmp_path, reasons):
    (tmp_path / "elsewhere").mkdir()
    film(tmp_path / "elsewhere" / "film.mp4", 10)
    home = tmp_path / "home"
    home.mkdir()
    (home / "linked").symlink_to(tmp_path / "elsewhere")
    (home / "round").symlink_to(home)
    (home / "gone.mp4").symlink_to(tmp_path / "nowhere.mp4")
    folder = VideoFolder(home, frames=4)
    assert [path.parent.name for path in folder.files] == ["linked"]
    assert reasons(folder) == {
        "round": "round leads to a folder that is read already.",
        "gone.mp4": "gone.mp4 is a link to nothing.",
    }


CODECS = {
    ".mpg": ("mpeg2video", "yuv420p"),
    ".wmv": ("msmpeg4", "yuv420p"),
    ".flv": ("flv", "yuv420p"),
    ".ts": ("libx264", "yuv420p"),
    ".mts": ("libx264", "yuv420p"),
    ".3gp": ("libx264", "yuv420p"),
    ".m2ts": ("mpeg2video", "yuv420p"),
    ".vob": ("mpeg2video", "yuv420p"),
    ".webm": ("libvpx-vp9", "yuv420p"),
    ".mxf": ("mpeg2video", "yuv420p"),
}


def test_every_suffix_in_one_folder_and_none_and_a_wrong_one(film, tmp_path, reasons):
    for suffix, codec in CODECS.items():
        written = film(tmp_path / f"film{'.ts' if suffix in ('.mts', '.m2ts') else suffix}", 20, rate=25, codec=codec)
        written.rename(tmp_path / f"a{suffix}")
    film(tmp_path / "film.mp4", 20).rename(tmp_path / "without_suffix")
    film(tmp_path / "film.mp4", 20).rename(tmp_path / "film.dat")
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.png")
    Image.new("RGB", (8, 8)).save(tmp_path / "picture.jpg")
    (tmp_path / "notes.txt").write_text("no film\n" * 100)
    folder = VideoFolder(tmp_path, frames=4)
    assert {path.name for path in folder.files} == {*(f"a{suffix}" for suffix in CODECS), "without_suffix", "film.dat"}
    assert set(reasons(folder)) == {"picture.png", "picture.jpg", "notes.txt"}


def test_a_folder_that_may_not_be_opened_is_named(film, tmp_path, reasons):
    film(tmp_path / "film.mp4", 10)
    (tmp_path / "closed").mkdir(mode=0o000)
    folder = VideoFolder(tmp_path, frames=4)
    if os.geteuid():  # to root every folder is open
        assert "closed cannot be opened" in reasons(folder)["closed"]
    assert len(folder) == 1
