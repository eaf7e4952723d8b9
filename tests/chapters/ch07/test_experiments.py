"""Chapter 7's measurement: what its tables claim, where it can be known."""

import json

import pytest
import torch
from scipy import stats

from minivid.chapters.ch07.counted import Counted
from minivid.chapters.ch07.experiments import (
    at_once,
    control,
    control_table,
    long,
    long_table,
    module,
    module_table,
    pieces,
    scores,
    seams,
)
from minivid.chapters.ch07.experiments.pieces import MEASURES, PUSHED, ROWS, VARIANTS, WHOLE
from minivid.chapters.ch07.figures import show_pieces
from minivid.course import receipt
from minivid.course.receipt import Receipt
from minivid.metrics.distribution import mean_interval


def made_up(n: int = 4) -> Receipt:
    """A receipt in which each row but the whole has its own difference."""
    values = {"captioned": [1.0, 0.0, 1.0, 1.0], "same": [1.0, 0.0, 1.0, 1.0], "motion": [1.0, 0.9, 1.1, 1.0]}
    values |= {"off": [0.5, 0.6, 0.4, 0.7], "background": [0.01, 0.02, 0.03, 0.01]}
    rows = {name: {measure: list(of) for measure, of in values.items()} for name in reversed(ROWS)}
    rows["without motion"]["motion"] = [0.0, -0.1, 0.1, 0.05]
    rows["without attention"]["background"] = [0.05, -0.03, 0.08, -0.01]
    return Receipt("07_made_up", {"n": n, "clips": rows}, [0], 0.0, "", {}, {})


def test_each_piece_is_taken_away_once():
    gone = [[piece for piece, there in vars(variant).items() if not there] for variant in VARIANTS.values()]
    assert gone == [[], ["motion"], ["noise"], ["attention"], ["smoothing"]]


def test_a_star_stands_where_the_paired_difference_leaves_out_nothing_and_nowhere_else():
    head, *rows = pieces.pieces_table(made_up()).splitlines()
    assert "4 clips" in head and [row.split("  ")[0] for row in rows] == list(ROWS)
    assert [row.count("*") for row in rows] == [0, 1, 0, 0, 0, 0, 0]
    assert "0.01 *" in rows[1]


def test_the_interval_is_students_and_the_difference_is_paired():
    found = made_up()
    a, b = (found["clips"][name]["background"] for name in ("without attention", WHOLE))
    wanted = stats.ttest_rel(a, b).confidence_interval(0.95)
    middle, low, high = pieces.against_the_whole(found, "without attention", "background")
    assert (low, high) == pytest.approx((wanted.low, wanted.high)) and low < middle < high


def test_a_measurement_that_was_cut_off_goes_on_where_it_stood(tmp_path, monkeypatch):
    drawn = []

    def film(image, captions, pieces, seed):
        drawn.append((pieces, seed))
        return torch.zeros(len(captions), 3, 2, 24, 24)

    def counted(video, captions):
        n = len(captions)
        return Counted(
            torch.ones(n) > 0, torch.ones(n) > 0, torch.ones(n), torch.zeros(n), torch.full((n,), 0.12345678)
        )

    monkeypatch.setattr(pieces, "film", film)
    monkeypatch.setattr(pieces, "counted", counted)
    found = pieces.measure_pieces(n=40, seed=1, home=str(tmp_path))
    assert len(drawn) == 2 * len(VARIANTS) and {seed for _, seed in drawn} == {1, 2}
    assert found["n"] == 40 and set(found["clips"]) == set(ROWS)
    assert all(len(values) == 40 for row in found["clips"].values() for values in row.values())
    assert found["clips"][WHOLE]["background"][0] == 0.1235
    next(tmp_path.glob("*-1-without-motion.json")).unlink()
    assert pieces.measure_pieces(n=40, seed=1, home=str(tmp_path))["clips"] == found["clips"]
    assert len(drawn) == 2 * len(VARIANTS) + 1
    assert json.loads(next(tmp_path.glob("*.json")).read_text())["seconds"] >= 0


def test_the_figure_has_a_column_a_measure_and_colours_what_differs():
    picture = show_pieces(made_up())
    assert [axes.get_title(loc="left") for axes in picture.axes] == list(MEASURES.values())
    colours = {
        title: [line.get_color() for line in axes.get_lines() if line.get_marker() == "o"]
        for title, axes in zip(MEASURES, picture.axes, strict=True)
    }
    differing = [(title, i) for title, row in colours.items() for i, colour in enumerate(row) if colour == "#E69F00"]
    assert differing == [("motion", 1)]


def test_a_row_here_stands_beside_the_receipts():
    one = torch.tensor([True, True])
    here = Counted(one, one, torch.tensor([1.0, 0.5]), torch.tensor([0.1, 0.3]), torch.tensor([0.01, 0.02]))
    head, mine, theirs = pieces.beside_the_receipt(here, made_up(), WHOLE).splitlines()
    assert "1.00 [0.34, 1.00]" in mine and "0.75 [0.30, 0.95]" in theirs  # a share stays one
    assert "clips" in head and "0.75 [" in mine and "1.00 [" in theirs and "1.50 [" in mine


def test_what_the_chapter_says_of_the_pieces_is_what_was_measured():
    found = receipt("07_pieces")
    assert found["n"] >= 100 and all(len(row["same"]) == found["n"] for row in found["clips"].values())

    def differs(name: str, measure: str) -> int:
        """1 or −1 where the difference to all pieces is surely above or below 0, else 0."""
        _, low, high = pieces.against_the_whole(found, name, measure)
        return (low > 0) - (high < 0)

    assert differs("without motion", "motion") == -1 and differs("without motion", "off") == 1
    _, low, high = mean_interval(found["clips"]["without motion"]["motion"])
    assert low < 0 < high
    for name in ("without smoothing", "without attention"):
        assert differs(name, "background") == 1
        assert differs(name, "captioned") == differs(name, "same") == 0
    calmer = [
        pieces.against_the_whole(found, f"without {name}", "background")[0] for name in ("smoothing", "attention")
    ]
    assert calmer[0] > calmer[1]
    assert differs("without new noise", "same") == 1 and differs("without new noise", "off") == -1
    assert differs(PUSHED, "same") == 1 and differs(PUSHED, "off") == -1 and differs(PUSHED, "background") == 0
    calm = {name: sum(found["clips"][name]["background"]) for name in VARIANTS}
    assert min(calm, key=calm.get) == "without motion" and differs("without motion", "background") == -1
    for name in ("without attention", "without smoothing"):  # the small stars
        off, low, high = pieces.against_the_whole(found, name, "motion")
        assert differs(name, "motion") == 1 and off < 0.02


def test_each_row_of_the_control_s_tables_is_there_and_stars_stand_where_a_difference_is():
    for name, rows, against in (
        ("07_control", control.PICTURES, "edges"),
        ("07_steered", control.FILMS, control.ALONE),
    ):
        found = receipt(name)
        table = control_table(found, against).splitlines()
        assert [line.split("  ")[0] for line in table[1:]] == list(rows) and set(found["clips"]) == set(rows)
        assert all(len(values) == found["n"] for row in found["clips"].values() for values in row.values())
        own = next(line for line in table if line.startswith(f"{against}  "))
        assert "*" not in own and "*" in "".join(table)


def test_a_row_of_pictures_here_stands_beside_the_receipt_s():
    clips = control.WORLD.sample(3, 0)
    here = control.followed(clips.video, clips.caption, clips)
    head, mine, theirs = control.beside_control(here, receipt("07_steered"), control.WORLD_S).splitlines()
    assert "clips" in head and mine.startswith("here") and " 3 " in mine and theirs.startswith("receipt")


def differs(name: str, row: str, other: str, measure: str) -> int:
    """1 or −1 where the row is surely above or below the other, else 0."""
    _, low, high = control.difference(receipt(name), row, other, measure)
    return (low > 0) - (high < 0)


def test_what_the_chapter_says_of_the_control_is_what_was_measured():
    rows = receipt("07_control")["clips"]
    mean = {name: {measure: sum(of) / len(of) for measure, of in row.items()} for name, row in rows.items()}
    assert mean["no control"]["off"] > 4 and mean["edges"]["off"] < 0.4 and mean["mask"]["off"] < 0.4
    assert differs("07_control", "mask", "edges", "off") == -1 and differs("07_control", "mask", "edges", "edge") == 1
    assert min(row["colour"] for row in mean.values()) > 0.97
    fooled = "edges, another digit said"
    assert mean[fooled]["said"] + 0.15 < mean[fooled]["read"] < mean["edges"]["read"] - 0.2
    assert abs(mean[fooled]["off"] - mean["edges"]["off"]) < 0.1
    assert differs("07_control", "mask", control.WORLD_S, "read") == 0
    assert differs("07_control", "edges", control.WORLD_S, "read") == -1
    half, whole, none = (mean[name]["off"] for name in ("edges, at half strength", "edges", "no control"))
    assert whole < half < (whole + none) / 4  # much nearer to the whole than to nothing


def test_pairs_of_frames_are_counted_as_they_look_at_each_other():
    assert scores(64) == 64**2 and scores(9, every=4) == 3**2 + 2 * 2 * 5 and scores(4, every=1) == 4**2
    assert at_once(64, every=8) == 9 and at_once(9, every=4) == 5 and at_once(4, every=1) == 4
    assert scores(3, places=10) == 900


def test_a_seam_is_found_where_it_is():
    clip = -torch.ones(1, 3, 9, 8, 8)
    clip[:, :, 4:] = -0.8
    found = seams(clip, every=4)
    assert found["seam"] == pytest.approx(0.1 / 2, abs=1e-4) and found["inside"] == 0  # of two seams, one
    assert found["drift"] == pytest.approx(0.1 * 5 / 8, abs=1e-4)


def test_the_table_of_long_films_has_a_row_for_each():
    found = receipt("07_long")
    assert [line.split("  ")[0] for line in long_table(found).splitlines()[1:]] == list(long.ROWS)
    assert set(found["clips"]) == set(long.ROWS) and found["frames"] == 64


def test_what_the_chapter_says_of_other_frames_keys_and_of_the_smoother_is_what_was_measured():
    for policy in (control.FIRST, control.ALL):
        assert differs("07_steered", policy, control.ALONE, "background") == -1
        for measure in ("off", "edge", "read"):
            assert differs("07_steered", policy, control.ALONE, measure) == 0
    for measure in control.OF_FILMS:  # the two nulls
        assert differs("07_steered", control.ALL, control.FIRST, measure) == 0
        assert differs("07_steered", "at all, smoothed", control.ALL, measure) == 0
    mean = "at all, smoothed by a mean"
    assert differs("07_steered", mean, control.ALL, "edge") == -1
    assert differs("07_steered", mean, control.ALL, "background") == 1


def test_what_the_chapter_says_of_long_films_is_what_was_measured():
    rows = receipt("07_long")["clips"]
    for row in rows.values():  # one film's digit is read in every row, the other's in none
        lost, read = row["read"]
        assert lost < 0.1 and read == 1
    mean = {name: {measure: sum(of) / len(of) for measure, of in row.items()} for name, row in rows.items()}
    first = mean["all at the first"]
    assert mean[long.PIECES]["seam"] > 5 * mean[long.PIECES]["inside"]
    excess = {name: row["seam"] - row["inside"] for name, row in mean.items()}
    assert 0 < excess[long.TWO] < excess[long.PIECES] / 3
    assert first["drift"] == min(row["drift"] for row in mean.values()) and excess["all at the first"] == min(
        excess[name] for name in ("all at the first", long.TWO, long.PIECES)
    )
    assert first["seconds"] < 0.6 * mean[long.TWO]["seconds"]
    assert max(row["off"] for row in mean.values()) - min(row["off"] for row in mean.values()) < 0.05


def test_in_two_storeys_a_step_holds_a_fraction_of_the_memory():
    cost = receipt("07_memory")["steps"]
    assert cost[long.TWO]["megabytes"] < cost["all at all"]["megabytes"] / 10
    assert cost[long.TWO]["seconds"] < cost["all at all"]["seconds"] / 3


def test_a_measurement_of_the_module_goes_on_where_it_was_cut_off(tmp_path, monkeypatch):
    drawn = []

    def world(name, clips, seed):
        drawn.append(name)
        return clips.video

    monkeypatch.setattr(module, "drawn", world)
    found = module.measure_module(n=16, seed=1, home=str(tmp_path))
    assert len(drawn) == 2 * len(module.ROWS) and found["n"] == 16 and set(found["clips"]) == set(module.ROWS)
    assert all(len(values) == 16 for row in found["clips"].values() for values in row.values())
    next(tmp_path.glob("*-1-with-module.json")).unlink()
    assert module.measure_module(n=16, seed=1, home=str(tmp_path)) == found and drawn[-1] == module.BOTH
    assert len(drawn) == 2 * len(module.ROWS) + 1


def test_the_module_s_table_has_intervals_and_a_star_where_a_difference_leaves_out_nothing():
    found = receipt("07_module")
    told, seen = (part.splitlines() for part in module_table(found).split("\n\n"))
    pairs = [f"{name} − {other}" for name, other in module.PAIRS]
    for lines, measures in ((told, tuple(module.MEASURES)[:3]), (seen, tuple(module.MEASURES)[3:])):
        assert [line.split("  ")[0] for line in lines[1:]] == [*module.ROWS, *pairs]
        for (name, other), line in zip(module.PAIRS, lines[-len(pairs) :], strict=True):
            a, b = (found["clips"][row] for row in (name, other))
            wanted = [stats.ttest_rel(a[measure], b[measure]).confidence_interval(0.95) for measure in measures]
            assert line.count("*") == sum(interval.low > 0 or interval.high < 0 for interval in wanted)
    assert max(map(len, told + seen)) <= 110 and found["n"] >= 32


def test_what_the_chapter_says_of_the_module_is_what_was_measured():
    found = receipt("07_module")

    def differs(name: str, other: str, measure: str) -> int:
        _, low, high = module.added(found, measure, name, other)
        return (low > 0) - (high < 0)

    calm = {"alike": 1, "flicker": -1, "background": -1}
    for name, other in ((module.BOTH, module.ALONE), (module.ZERO, module.ALONE), (module.ZERO, module.BOTH)):
        assert all(differs(name, other, measure) == way for measure, way in calm.items())
        assert differs(name, other, "read") == differs(name, other, "same") == 0
    assert differs(module.BOTH, module.ALONE, "off") == -1
    assert module.added(found, "off", module.BOTH, module.ALONE)[0] > -0.1
    background = {name: sum(row["background"]) for name, row in found["clips"].items()}
    assert background[module.BOTH] < background[module.ALONE] / 3  # much calmer
    for measure in ("alike", "flicker", "read", "same"):
        assert differs(module.THREE, module.ZERO, measure) == 0
    assert differs(module.THREE, module.ZERO, "background") == -1 and differs(module.THREE, module.ZERO, "off") == 1
    for other in (module.ALONE, module.ZERO, module.BOTH, module.THREE):
        assert differs(module.UNTOLD, other, "alike") == -1 and differs(module.UNTOLD, other, "off") == 1
