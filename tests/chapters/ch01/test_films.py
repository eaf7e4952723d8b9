"""The folder of films: every defect is where its truth says, in files that any reader takes, and the bad files are named."""

import torch

from minivid.chapters.ch01.experiments import curation, films
from minivid.data.clips import VideoFolder
from minivid.metrics.curation import cuts, frame_differences, looks
from minivid.motion.flow import estimate_flow


def shot(seed: int = 7, **defects) -> torch.Tensor:
    return films.shoot(films.Film("one", **defects), torch.Generator().manual_seed(seed))


def test_a_folder_is_what_its_truth_says(tmp_path):
    truth, rows = films.write_folder(tmp_path, films=6, clips=12, seed=3)
    videos = VideoFolder(tmp_path / "photos", frames=films.FRAMES, size=(films.HEIGHT, films.WIDTH))
    assert [video.path.stem for video in videos.videos] == [film.name for film in truth]
    named = {path.name: reason for path, reason in videos.skipped}
    assert set(named) == {"broken.mp4", "one_frame.mp4"} and "too short" in named["one_frame.mp4"]
    assert curation.films_of(tmp_path).shape == (6, 3, films.FRAMES, films.HEIGHT, films.WIDTH)
    assert curation.clips_of(tmp_path).shape == (12, 1, 16, 32, 32)
    assert all((row["said"] != row["true"]) == row["wrong"] for row in rows) and 1 <= sum(r["wrong"] for r in rows) <= 5


def test_the_same_seed_makes_the_same_films():
    again, other = (torch.Generator().manual_seed(1) for _ in range(2))
    assert [films.draw_film("a", again) for _ in range(5)] == [films.draw_film("a", other) for _ in range(5)]
    assert torch.equal(shot(), shot())


def test_a_cut_is_where_it_is_said_to_be_and_a_dissolve_takes_its_time():
    sudden, slow = shot(cut=True, place=9), shot(cut=True, slow=True, place=9)
    assert frame_differences(sudden)[0].argmax() == 8 and cuts(sudden)[0].nonzero().flatten().tolist() == [8]
    assert not cuts(slow).any()
    many = torch.cat([shot(seed, cut=True, slow=True, place=10) for seed in range(8)])
    found = torch.stack([cuts(part, ratio=2.0).any(1) for part in curation.slower(many)]).any(0)
    assert not cuts(many).any() and found.sum() >= 3


def test_a_still_stands_still_but_for_its_noise():
    moves, stands = (estimate_flow(shot(still=still), method="farneback").norm(dim=2).mean() for still in (False, True))
    assert stands < 0.3 < moves


def test_a_dull_film_has_less_of_everything():
    assert looks(shot(dull=True)) < 0.6 * looks(shot())


def test_lettering_stays_where_it_is():
    plain, lettered = shot(), shot(text=True)
    written = (plain != lettered).any(1)[0]  # t h w
    assert written.any() and (written == written[:1]).float().mean() > 0.999


def test_scores_and_thresholds_find_each_defect_alone():
    kinds = [{}, {"cut": True, "place": 10}, {"still": True}, {"text": True}, {"dull": True}]
    video = torch.cat([shot(**kind) for kind in kinds])
    flags = curation.Thresholds().flags(curation.scores_of(video))
    assert flags["cut"].tolist() == [False, True, False, False, False]
    assert flags["still"].tolist() == [False, False, True, False, False]
    assert flags["dull"].tolist() == [False, False, False, False, True]
    assert flags["text"][3] and not flags["text"][[0, 1, 4]].any()
