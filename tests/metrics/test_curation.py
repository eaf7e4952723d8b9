"""The filters of curation: on clips made for each, against other people's numbers where there are any."""

import numpy as np
import pytest
import torch
from matplotlib import font_manager
from PIL import Image, ImageDraw, ImageFont

from minivid.data import World
from minivid.metrics.curation import (
    colourfulness,
    contrast,
    cuts,
    flow_score,
    frame_differences,
    looks,
    mean_around,
    precision_recall,
    text_share,
)
from minivid.motion.flow import estimate_flow


def noise(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 1.8 - 0.9


def waves(t: int = 12, speed: float = 1.0, seed: int = 0) -> torch.Tensor:
    """A smooth picture, 48×64, that slides by."""
    wave = torch.rand(6, 3, generator=torch.Generator().manual_seed(seed))
    frame, y, x = torch.meshgrid(torch.arange(float(t)), torch.arange(48.0), torch.arange(64.0), indexing="ij")
    x = x - speed * frame
    layers = [torch.sin(0.2 * a * x + 0.2 * b * y + 6 * c) for a, b, c in wave]
    return (torch.stack(layers).mean(0))[None, None].expand(-1, 3, -1, -1, -1)


def lettered(video: torch.Tensor, words: str = "see you tomorrow") -> torch.Tensor:
    """Words in white on a dark rim, at one place in all frames."""
    image = Image.new("L", (64, 48), 128)
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans:bold"), 9)
    ImageDraw.Draw(image).text((3, 30), words[:9], fill=255, font=font, stroke_width=1, stroke_fill=0)
    drawn = torch.from_numpy(np.array(image)).float()
    return torch.where(drawn == 128, video, drawn / 127.5 - 1)


@pytest.mark.parametrize("speed", [0.2, 3.0])
def test_a_cut_is_found_and_a_quick_camera_is_none(speed):
    film = torch.cat([waves(6, speed), waves(6, speed, seed=1)], dim=2)
    assert cuts(film)[0].nonzero().flatten().tolist() == [5]
    assert not cuts(waves(12, speed)).any()


def test_differences_are_of_brightness_from_zero_to_one():
    video = torch.full((1, 1, 3, 4, 4), -1.0)
    video[:, :, 1] = 1.0
    assert frame_differences(video).tolist() == [[1.0, 1.0]]


def test_the_mean_around_leaves_itself_out_and_counts_what_is_there():
    around = mean_around(torch.tensor([[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]]))
    assert around[0].tolist() == pytest.approx([2.5, (1 + 3 + 4) / 3, 3.0, 4.0, (3 + 4 + 6) / 3, 4.5])
    assert mean_around(torch.tensor([[7.0]])).tolist() == [[0.0]]


def test_a_clip_of_one_frame_has_no_cut_and_one_of_two_may():
    assert cuts(noise(2, 3, 1, 8, 8)).shape == (2, 0)
    assert cuts(torch.stack([noise(1, 3, 8, 8), noise(1, 3, 8, 8, seed=1)], dim=2)).tolist() == [[True]]


def test_flow_scores_tell_a_still_from_what_moves_by_a_share_of_the_picture():
    moving, still = waves(speed=1.2), waves(speed=0.0)
    fast, none = (flow_score(estimate_flow(video)).item() for video in (moving, still))
    assert fast == pytest.approx(1.2 / 48, rel=0.3) and none == 0


def test_pairs_that_do_not_count_are_left_out_of_the_flow_score():
    flow = torch.zeros(1, 3, 2, 8, 10)
    flow[:, 1, 0] = 4.0
    counted = torch.tensor([[True, False, True]])
    assert flow_score(flow).item() == pytest.approx(4 / 3 / 8)
    assert flow_score(flow, counted).item() == 0 and flow_score(flow, ~counted).item() == 0.5
    assert flow_score(flow, torch.zeros_like(counted)).item() == 0


def test_contrast_is_numpys_deviation():
    video = noise(1, 3, 2, 8, 9)
    expected = np.mean([((frame.mean(0) + 1) / 2).numpy().std() for frame in video[0].movedim(1, 0)])
    assert contrast(video).item() == pytest.approx(expected, rel=1e-5)


def test_colourfulness_is_hasler_and_suesstrunks():
    """Their M̂₃ = σ_rgyb + 0.3 μ_rgyb, written out in NumPy."""
    video = noise(1, 3, 1, 16, 16, seed=3)
    r, g, b = ((video[0, :, 0] + 1) / 2).double().numpy()
    rg, yb = r - g, (r + g) / 2 - b
    expected = np.hypot(rg.std(), yb.std()) + 0.3 * np.hypot(rg.mean(), yb.mean())
    assert colourfulness(video).item() == pytest.approx(expected, rel=1e-5)
    assert colourfulness(noise(1, 1, 1, 8, 8).expand(-1, 3, -1, -1, -1)).item() == 0


def test_colour_is_asked_of_three_channels_only():
    with pytest.raises(ValueError, match=r"have 1 channel"):
        colourfulness(noise(1, 1, 2, 8, 8))
    assert torch.equal(looks(noise(1, 1, 2, 8, 8)), contrast(noise(1, 1, 2, 8, 8)))


def test_looks_fall_with_haze_and_know_nothing_of_beauty():
    picture = waves()
    assert looks(0.3 * picture) < 0.5 * looks(picture) < looks(picture)
    assert looks(noise(1, 3, 2, 48, 64)) > looks(picture)  # coloured noise is the best of all


def test_lettering_is_found_where_the_scene_moves_and_a_moving_scene_alone_has_none():
    film = waves()
    assert text_share(film).item() == 0
    assert text_share(lettered(film)).item() > 0.03


def test_lettering_that_rolls_down_like_credits_is_missed():
    """What the docstring owns up to."""
    film = lettered(waves(speed=0.0))
    moving = torch.stack([film[:, :, i].roll(3 * i, -2) for i in range(film.shape[2])], dim=2)
    assert text_share(film).item() > 0.03 > text_share(moving).item()


def test_precision_and_recall_are_shares_of_the_right_things():
    flagged = torch.tensor([True, True, True, False, False])
    truly = torch.tensor([True, False, True, True, False])
    assert precision_recall(flagged, truly) == (2 / 3, 2 / 3)
    assert precision_recall(torch.tensor([True, True]), torch.tensor([True, False])) == (0.5, 1.0)
    none, all_of_them = precision_recall(~truly & truly, truly)
    assert np.isnan(none) and all_of_them == 0


def test_the_worlds_own_clips_have_neither_cuts_nor_lettering():
    video = World(frames=12, size=32).sample(8, seed=0).video
    assert not cuts(video).any() and (text_share(video) == 0).all()


def test_a_film_that_is_all_bright_is_one_too():
    snow = 0.5 + 0.5 * noise(1, 3, 4, 16, 16).abs()
    assert looks(snow).item() > 0 and text_share(snow).shape == cuts(snow).any(1).shape == (1,)


def test_what_is_no_film_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match="The film has 4 axes"):
        looks(noise(3, 4, 16, 16))
