"""MNIST and Moving MNIST are read as they are on disk; the tests make small files in their formats."""

import gzip

import numpy as np
import pytest
import torch

from minivid.data import fetch
from minivid.data.fetch import SOURCES, FetchError, File, Source
from minivid.data.mnist import idx, mnist, moving_mnist


def declare(monkeypatch, name: str, folder) -> None:
    """Makes the files of the folder, with their sizes, the data set of that name."""
    files = tuple(File(path.name, path.stat().st_size, "0" * 64) for path in sorted(folder.iterdir()))
    monkeypatch.setitem(SOURCES, name, Source("", "", files, ()))


@pytest.mark.parametrize("split", ["train", "heldout"])
def test_digits_come_with_their_numerals(mnist_like, split):
    digits = mnist(split)
    images, _, labels = mnist_like[split]
    assert len(digits) == len(images) and digits.images.shape[1:] == (28, 28)
    assert digits.images.min() == 0 and 0.9 < digits.images.max() <= 1
    assert np.array_equal((digits.images * 255).round().byte().numpy(), images)
    assert digits.labels.tolist() == labels.tolist()


def test_there_is_no_third_split(mnist_like):
    with pytest.raises(ValueError, match="no split 'test'"):
        mnist("test")


@pytest.mark.parametrize("load, name", [(mnist, "mnist"), (moving_mnist, "moving_mnist")])
def test_what_was_not_fetched_is_said_and_nothing_is_downloaded(monkeypatch, tmp_path, load, name):
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path))
    monkeypatch.setattr(fetch, "_retrieve", lambda *_: pytest.fail("a download was begun"))
    with pytest.raises(FetchError, match=f"`minivid data fetch {name}` brings it.*built-in digits"):
        load()


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b""), gzip.compress(b"\0\0\x08\x03" + bytes(12) + b"x")],
    ids=["nothing", "no gzip", "nothing, zipped", "fewer bytes than its axes say"],  # zipped bytes hold the time of day
)
def test_a_file_of_another_kind_is_refused(tmp_path, content):
    (tmp_path / "file.gz").write_bytes(content)
    with pytest.raises(FetchError, match=r"file.gz is no IDX file"):
        idx(tmp_path / "file.gz")


@pytest.fixture
def small_moving(tmp_path, monkeypatch):
    array = np.random.default_rng(0).integers(0, 256, (20, 9, 64, 64), dtype=np.uint8)  # t n h w, as the file has it
    np.save(tmp_path / "mnist_test_seq.npy", array)
    declare(monkeypatch, "moving_mnist", tmp_path)
    return moving_mnist(tmp_path), array


def test_clips_are_one_channel_in_their_order(small_moving):
    clips, array = small_moving
    assert len(clips) == 9
    video = clips[2:4]
    assert video.shape == (2, 1, 20, 64, 64) and video.dtype == torch.float32
    assert np.array_equal(((video[1, 0] + 1) * 127.5).round().byte().numpy(), array[:, 3])
    assert torch.equal(clips[[3, 2]], video.flip(0))


def test_clips_stay_on_disk_until_they_are_asked_for(small_moving):
    assert isinstance(small_moving[0].array, np.memmap)


def test_the_same_seed_draws_the_same_clips(small_moving):
    clips, _ = small_moving
    assert torch.equal(clips.sample(4, seed=(1, 2)), clips.sample(4, seed=(1, 2)))
    assert not torch.equal(clips.sample(4, seed=(1, 2)), clips.sample(4, seed=(1, 3)))
    assert clips.sample(4, seed=0).shape == (4, 1, 20, 64, 64)
