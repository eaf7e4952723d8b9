"""Contact sheets: the chosen frames, their numbers, titles, and equal squares for equal pixels."""

import io

import numpy as np
import pytest
import torch
from PIL import Image

from minivid.show import show_image_grid, show_sheet
from minivid.show.frames import enlarge, read


def video(n=1, c=1, t=8, side=16):
    return torch.rand((n, c, t, side, side), generator=torch.Generator().manual_seed(0)) * 2 - 1


def texts(picture):
    return [text.get_text() for text in picture.texts if text.get_text()]


def box_of(picture, image):
    """Where an image stands, in shares of the page."""
    return picture.transFigure.inverted().transform_bbox(image.bbox)


def drawn(picture, image):
    """The pixels of one image in the PNG at the page's own resolution."""
    page = np.asarray(Image.open(io.BytesIO(picture.png(resolution=1))).convert("RGB"))
    box = box_of(picture, image)
    width, height = picture.pixels
    left, top = round(box.x0 * width), round((1 - box.y1) * height)
    return page[top : top + round(box.height * height), left : left + round(box.width * width)]


def test_frames_stand_in_order_with_their_numbers_and_titles():
    picture = show_sheet(clip=video(), known_frames=video())
    assert len(picture.placed) == 16
    assert texts(picture) == ["frame 0", *"1234567", "clip", "known frames"]


def test_frames_are_chosen_evenly_from_first_to_last():
    picture = show_sheet(video(t=16), frames=4)
    assert texts(picture) == ["frame 0", "5", "10", "15"]
    np.testing.assert_array_equal(picture.placed[1].get_array()[..., :1], read(video(t=16))[0, 5])


def test_pixels_are_drawn_as_equal_squares():
    picture = show_sheet(clip=video())
    scale = 6  # eight frames of 16 pixels on a page of 840
    np.testing.assert_array_equal(drawn(picture, picture.placed[3])[..., :1], enlarge(read(video())[0, 3], scale))


def test_titles_and_frames_share_a_left_edge():
    picture = show_sheet(clip=video(), noisy=video())
    titles = [text.get_position()[0] for text in picture.texts if text.get_text() in ("clip", "noisy")]
    firsts = [box_of(picture, picture.placed[i]).x0 for i in (0, 8)]
    np.testing.assert_allclose(titles, firsts)


def test_a_batch_is_named_once_and_captioned_by_row():
    picture = show_sheet(sampled=video(3), frames=2, captions=["one", "two", "three"])
    assert [word for word in texts(picture) if word.isalpha()] == ["sampled", "one", "two", "three"]


def test_a_large_video_is_shrunk_to_the_page():
    assert show_sheet(video(side=200)).pixels[0] <= 860


@pytest.mark.parametrize(("t", "frames"), [(1, 8), (3, 8), (8, 1)])
def test_few_frames_are_no_obstacle(t, frames):
    assert len(show_sheet(video(t=t), frames=frames).placed) == min(t, frames)


def test_wrong_counts_are_said():
    with pytest.raises(ValueError, match="there are 2 rows but 1 captions"):
        show_sheet(video(2), captions=["one"])
    with pytest.raises(ValueError, match="frames is 0"):
        show_sheet(video(), frames=0)
    with pytest.raises(ValueError, match=r"show_sheet plays its clips in step.*a has 8, b has 4"):
        show_sheet(a=video(), b=video(t=4))


def test_image_grid_has_a_row_for_each_batch():
    first, last = video(3)[:, :, 0], video(3)[:, :, -1]
    picture = show_image_grid(first=first, last=last, labels=["1", "2", "3"])
    assert texts(picture) == ["1", "2", "3", "first", "last"]
    np.testing.assert_array_equal(drawn(picture, picture.placed[4])[..., :1], enlarge(read(video(3))[1, -1], 6))


def test_image_grid_refuses_a_video_in_words():
    with pytest.raises(ValueError, match=r"expected images 'b c h w'.*For a video use show_sheet"):
        show_image_grid(clip=video())
    with pytest.raises(ValueError, match="show_image_grid was given no images"):
        show_image_grid()


def test_frames_can_be_called_something_else_than_their_numbers():
    assert texts(show_sheet(video(t=3), labels=["frame 0", "1", "image"])) == ["frame 0", "1", "image"]
    assert texts(show_sheet(video(t=4), labels=list("abcd"), frames=2)) == ["a", "d"]
    with pytest.raises(ValueError, match="3 frames but 2 labels"):
        show_sheet(video(t=3), labels=["a", "b"])
