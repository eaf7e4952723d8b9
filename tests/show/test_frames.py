"""What is drawn is what was given: conversion, enlargement, tiling, and words for what cannot be drawn."""

import numpy as np
import pytest
import torch

from minivid.show import frames


def video(*shape, seed=0):
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def test_range_ends_become_black_and_white():
    levels = torch.tensor([-1.0, 0.0, 1.0]).view(1, 1, 1, 1, 3)
    assert frames.read(levels).ravel().tolist() == [0, 128, 255]


def test_pixels_are_those_of_the_library_s_own_files():
    data = pytest.importorskip("minivid.data.video")
    clip = video(2, 3, 4, 5, 6)
    np.testing.assert_array_equal(frames.read(clip), np.asarray(data.to_uint8(clip)))


def test_every_byte_comes_back():
    bytes_ = np.arange(256, dtype=np.uint8)
    clip = torch.tensor(bytes_ / 127.5 - 1, dtype=torch.float32).view(1, 1, 1, 16, 16)
    np.testing.assert_array_equal(frames.read(clip).ravel(), bytes_)


def test_a_single_clip_is_a_batch_of_one():
    clip = video(1, 4, 5, 6)
    np.testing.assert_array_equal(frames.read(clip), frames.read(clip[None]))


def test_half_precision_and_gradients_are_no_obstacle():
    clip = video(1, 1, 2, 4, 4).to(torch.bfloat16).requires_grad_()
    assert frames.read(clip).shape == (1, 2, 4, 4, 1)


def test_noise_is_clipped_not_refused():
    clip = torch.tensor([-4.5, 4.5]).view(1, 1, 1, 1, 2)
    assert frames.read(clip).ravel().tolist() == [0, 255]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (torch.zeros(2, 8, 8), r"clip has shape \(2, 8, 8\); expected a video 'b c t h w'"),
        (torch.zeros(1, 4, 1, 8, 8), r"clip has 4 channels"),
        (torch.zeros(1, 1, 0, 8, 8), r"nothing in it"),
        (torch.full((1, 1, 2, 4, 4), 200.0), r"clip runs from 200 to 200; expected values in \[-1, 1\]"),
        (torch.tensor([0.0, float("nan")]).view(1, 1, 1, 1, 2), r"1 of 2 values that are NaN"),
        (torch.zeros(1, 1, 2, 4, 4, dtype=torch.uint8), r"whole numbers \(torch.uint8\).*from_uint8"),
        (np.zeros((1, 1, 2, 4, 4), dtype=bool), r"whole numbers \(bool\)"),
        ([[0.0]], r"clip is a list; expected a tensor"),
    ],
)
def test_what_cannot_be_drawn_is_said(wrong, words):
    with pytest.raises(ValueError, match=words):
        frames.read(wrong, "clip")


def test_a_forgotten_dot_video_is_guessed():
    class Clips:
        video = None

    with pytest.raises(ValueError, match=r"did you mean clips\.video\?"):
        frames.read(Clips(), "clips")


def test_clips_out_of_step_are_named():
    with pytest.raises(ValueError, match=r"known has 2, whole has 8.*\[\.\.\., :2, :, :\]"):
        frames.read_all({"known": video(1, 1, 2, 4, 4), "whole": video(1, 1, 8, 4, 4)}, "show")


def test_no_clip_is_said():
    with pytest.raises(ValueError, match="show was given no clip"):
        frames.read_all({}, "show")


def test_enlarging_makes_squares_of_one_colour():
    small = frames.read(video(1, 3, 2, 4, 5))
    large = frames.enlarge(small, 3)
    assert large.shape == (1, 2, 12, 15, 3)
    for dy in range(3):
        for dx in range(3):
            np.testing.assert_array_equal(large[:, :, dy::3, dx::3], small)


def test_tiles_keep_their_pixels_and_their_distance():
    clips = frames.read(video(3, 1, 2, 4, 5))
    sheet = frames.tile(clips, columns=2, gap=4)
    assert sheet.shape == (2, 4 + 4 + 4, 5 + 4 + 5, 1)
    np.testing.assert_array_equal(sheet[:, :4, :5], clips[0])
    np.testing.assert_array_equal(sheet[:, :4, 9:], clips[1])
    np.testing.assert_array_equal(sheet[:, 8:, :5], clips[2])
    assert (sheet[:, 4:8] == 255).all() and (sheet[:, :, 5:9] == 255).all() and (sheet[:, 8:, 9:] == 255).all()


@pytest.mark.parametrize(("n", "columns"), [(1, 1), (4, 4), (7, 7), (8, 4), (10, 5), (15, 5)])
def test_rows_are_even(n, columns):
    assert frames.grid_columns(n, 128, 960) == columns


def test_a_clip_wider_than_the_page_has_a_row_of_its_own():
    assert frames.grid_columns(3, 2000, 960) == 1


@pytest.mark.parametrize(
    ("name", "title"), [("known_frames", "known frames"), ("x_hat", "x\u0302"), ("guidance 2", "guidance 2")]
)
def test_titles_read_like_words(name, title):
    assert frames.title(name) == title
