"""Files are read again: npz equal, GIF exact, mp4 close and even, png exact; a wrong path is a sentence."""

import av
import numpy as np
import pytest
import torch
from PIL import Image

from minivid.show import save
from minivid.show.files import check_path
from minivid.show.frames import enlarge, read, tile


def video(n=1, c=1, t=4, h=8, w=8):
    return torch.rand((n, c, t, h, w), generator=torch.Generator().manual_seed(0)) * 2 - 1


def decode(path):
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        frames = np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(stream)])
        return frames, stream.average_rate, stream.codec_context.name


def test_npz_holds_the_frames(tmp_path):
    with np.load(save(video(2, 3), tmp_path / "x.npz", fps=6)) as file:
        assert file["video"].dtype == np.uint8 and file["fps"] == 6
        np.testing.assert_array_equal(file["video"], read(video(2, 3)))


def test_npz_keeps_what_stands_beside_and_a_picture_does_without(tmp_path):
    beside = {"caption": np.asarray(["a 3 moves right", "a 5"]), "digit": np.asarray([[3], [5]])}
    with np.load(save(video(2), tmp_path / "x.npz", beside=beside)) as file:
        assert file["caption"].tolist() == ["a 3 moves right", "a 5"] and file["digit"].shape == (2, 1)
    assert save(video(2), tmp_path / "x.png", beside=beside).is_file()


def test_a_path_is_checked_before_there_is_anything_to_write(tmp_path):
    assert check_path(tmp_path / "x.GIF") == tmp_path / "x.GIF"
    with pytest.raises(ValueError, match=r'ends in ""'):
        check_path(tmp_path / "clips")
    with pytest.raises(FileNotFoundError, match="no folder"):
        check_path(tmp_path / "absent" / "x.npz")


def test_gif_is_exact(tmp_path):
    image = Image.open(save(video(), tmp_path / "x.gif", scale=3))
    assert image.size == (24, 24) and image.n_frames == 4
    for i in range(4):
        image.seek(i)
        np.testing.assert_array_equal(np.asarray(image.convert("RGB"))[..., :1], enlarge(read(video())[0, i], 3))


def test_png_has_a_row_for_each_clip(tmp_path):
    image = np.asarray(Image.open(save(video(2, 3), tmp_path / "x.png", scale=2)))
    assert image.shape == (16 + 4 + 16, 4 * 16 + 3 * 4, 3)
    np.testing.assert_array_equal(image[20:, 20:36], enlarge(read(video(2, 3))[1, 1], 2))


def test_mp4_is_h264_and_close(tmp_path):
    smooth = torch.linspace(-1, 1, 16).expand(1, 1, 4, 16, 16) * torch.tensor([1, 0.5, -0.5, -1.0]).view(4, 1, 1)
    frames, rate, codec = decode(save(smooth, tmp_path / "x.mp4", fps=12))
    expected = enlarge(read(smooth)[0], 8)
    assert codec == "h264" and rate == 12 and frames.shape == (4, 128, 128, 3)
    assert np.abs(frames.astype(int) - expected).mean() < 3


def test_mp4_sides_are_made_even(tmp_path):
    frames, _, _ = decode(save(video(h=5, w=7), tmp_path / "x.mp4", scale=1))
    assert frames.shape == (4, 6, 8, 3)


def test_a_batch_plays_as_a_grid(tmp_path):
    image = Image.open(save(video(3), tmp_path / "x.gif", scale=2))
    image.seek(2)
    np.testing.assert_array_equal(
        np.asarray(image.convert("RGB"))[..., :1], tile(enlarge(read(video(3)), 2), columns=3)[2]
    )


def test_an_unknown_suffix_is_said(tmp_path):
    with pytest.raises(ValueError, match=r'"x\.avi" ends in "\.avi"; it can be written as \.gif, \.mp4, \.png, \.npz'):
        save(video(), tmp_path / "x.avi")


def test_a_missing_folder_is_said(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'There is no folder ".*absent".*make it first'):
        save(video(), tmp_path / "absent" / "x.gif")


def test_a_senseless_scale_is_said(tmp_path):
    with pytest.raises(ValueError, match="scale is 0"):
        save(video(), tmp_path / "x.gif", scale=0)


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = save(video(), tmp_path / "x.gif")
    before = path.read_bytes()
    with pytest.raises(ValueError, match="50 frames a second"):
        save(video(), path, fps=100)
    assert path.read_bytes() == before and list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("name", ["video", "fps"])
def test_what_lies_beside_a_video_does_not_take_its_name(tmp_path, name):
    with pytest.raises(ValueError, match=f"beside names {name}"):
        save(torch.zeros(1, 1, 2, 4, 4), tmp_path / "x.npz", beside={name: np.zeros(1)})
