"""A report: real clips are like real clips, each fault is seen where it should be, and a still picture never wins."""

import json

import pytest
import torch

from minivid import judges
from minivid.data import World
from minivid.evaluation.jury import Jury
from minivid.evaluation.of_clips import METRICS, simulator
from minivid.evaluation.of_sets import SETS
from minivid.evaluation.report import ARROWS, PARTS, evaluate, number
from minivid.evaluation.subject import Subject
from minivid.metrics import corruptions
from minivid.metrics.features import extractors

WORLD, N = World(), 48


@pytest.fixture(scope="module")
def jury():
    motion, text = judges.load("judge-motion"), judges.load("judge-text")
    return Jury(*extractors(motion.net, motion.name, motion.sha256), text.net, f"judge-text {text.sha256[:12]}")


@pytest.fixture(scope="module")
def sim():
    return simulator(WORLD)


@pytest.fixture(scope="module")
def real():
    made = WORLD.sample(2 * N, seed=1)
    return Subject("the simulator", made.video, made.caption)


@pytest.fixture(scope="module")
def made():
    return WORLD.sample(N, seed=2)


@pytest.fixture(scope="module")
def report_of(jury, sim, real, made):
    """`report_of(video)`: the report on it, beside real clips."""
    kept = {}

    def of(name, change=lambda video: video):
        if name not in kept:
            kept[name] = evaluate(Subject(name, change(made.video), made.caption), jury, real, sim, seed=3, draws=40)
        return kept[name]

    return of


def still(video):
    return video[:, :, :1].expand_as(video).contiguous()


def test_new_real_clips_score_like_real_clips(report_of):
    report = report_of("real again")
    assert report.moves and report.trouble.mean() == pytest.approx(0.5, abs=0.06)
    for key in ("trajectory", "appearance", "warping_error", "text", "smoothness", "dynamic_degree"):
        score = report[key]
        assert score.low * 0.7 <= score.floor <= score.high * 1.4, key
    assert report["frechet"].value < 1.6 * report["frechet"].floor


def test_every_score_has_interval_floor_and_protocol(report_of):
    report = report_of("real again")
    assert {row.key for row in report.rows} == {*METRICS, *SETS} - {"copies"}
    for row in report.rows:
        s = row.score
        assert s.low <= s.value <= s.high and s.floor is not None, row.key
        assert (s.protocol.n, s.protocol.frames, s.protocol.size) == (N, 8, (16, 16))
    frechet = report["frechet"].protocol
    assert frechet.divisor == "N-1" and frechet.resize == "none" and frechet.features == 48
    assert frechet.network.startswith("judge-motion ") and len(frechet.network.split()[1]) == 12


@pytest.mark.parametrize(
    "name, change, key",
    [
        ("jitter", lambda video: corruptions.jitter(video, 0.5), "trajectory"),
        ("identity", lambda video: corruptions.swap_identity(video, 1), "identity"),
        ("identity", lambda video: corruptions.swap_identity(video, 1), "appearance"),
        ("gain", lambda video: corruptions.gain_flicker(video, 0.2), "mass"),
        ("shaking", lambda video: corruptions.jitter(video, 2), "frechet"),
        ("swaps", lambda video: corruptions.swap_frames(video, 4), "smoothness"),
        ("neighbours", lambda video: video.roll(1, 0), "text"),
        ("neighbours", lambda video: video.roll(1, 0), "says_direction"),
    ],
)
def test_each_fault_is_seen_by_its_own_metric(report_of, name, change, key):
    """Its interval lies apart from the clean clips', on the worse side."""
    bad, clean = report_of(name, change)[key], report_of("real again")[key]
    lower = {**METRICS, **SETS}[key].better == "lower"
    assert (bad.low > clean.high) if lower else (bad.high < clean.low)


def test_a_still_picture_never_wins(report_of):
    """It is called still, ranked last, and gets no value where stillness would be best."""
    report = report_of("still", still)
    assert not report.moves and report.verdict.startswith("THESE CLIPS HARDLY MOVE") and (report.trouble == 1).all()
    for row in report.rows:
        if row.metric.still_wins:
            assert row.score is None and row.measured == 0, row.key
    assert report["frechet"].low > report_of("real again")["frechet"].high
    assert report["text"].high < report_of("real again")["text"].low


def test_stillness_in_some_clips_does_not_help_the_rest(report_of):
    def half(video):
        return torch.cat([still(video[: N // 2]), video[N // 2 :]])

    report = report_of("half", half)
    clean = report_of("real again")["warping_error"]
    assert report["warping_error"].value > 0.7 * clean.value
    row = next(row for row in report.rows if row.key == "warping_error")
    assert row.measured == 0.5 and report["moving"].value == 0.5


def test_json_holds_value_interval_floor_and_protocol_of_each_metric(report_of):
    for report in (report_of("real again"), report_of("still", still)):
        kept = json.loads(json.dumps(report.as_dict(), allow_nan=False))
        assert kept["moves"] is report.moves and kept["n"] == N
        assert all({"value", "interval", "floor", "protocol"} <= set(entry) for entry in kept["metrics"].values())
    frechet = kept["metrics"]["frechet"]
    assert frechet["interval"][0] <= frechet["value"] <= frechet["interval"][1] and frechet["protocol"]["n"] == N


def test_the_table_names_every_metric_once_and_every_protocol(report_of):
    report = report_of("real again")
    text = report.table()
    for row in report.rows:
        unit = f" ({row.metric.unit})" if row.metric.unit else ""
        assert text.count(f"  {row.metric.name}{unit} {ARROWS[row.metric.better]}") == 1, row.key
    assert all(protocol in text for protocol in report.protocols()) and max(map(len, text.splitlines())) < 160
    assert "48 clips are fewer than the 48 features and one" in text


def test_clips_without_a_simulator_or_anything_real_get_what_can_be_said(jury, made):
    report = evaluate(Subject("film", made.video), jury, draws=20)
    assert {row.key for row in report.rows} == {
        "dynamic_degree", "moving", "warping_error", "smoothness", "flicker", "subject",
    }  # fmt: skip
    assert all(row.score.floor is None for row in report.rows) and report.against is None
    assert any("No simulator" in note for note in report.notes) and any("--against" in note for note in report.notes)


def test_a_world_of_two_digits_says_in_how_many_clips_it_could_measure(jury):
    world = World(frames=8, size=32, digits=2, digit_size=8)
    clips, real = world.sample(24, seed=1), world.sample(48, seed=2)
    report = evaluate(
        Subject("two", clips.video, clips.caption),
        jury,
        Subject("real", real.video, real.caption),
        simulator(world),
        draws=20,
    )
    row = next(row for row in report.rows if row.key == "trajectory")
    assert 0.2 < row.measured < 1 and row.score.value < 0.1
    assert any("never touch" in note for note in report.notes)


def test_copies_of_the_training_set_are_told(jury, sim, real, made):
    training = WORLD.sample(4 * N, seed=9).video
    learnt = evaluate(Subject("learnt", training[:N], learnt=training), jury, real, sim, draws=20)
    honest = evaluate(Subject("honest", made.video, learnt=training), jury, real, sim, draws=20)
    assert learnt["copies"].value > 0.9 and honest["copies"].value < 0.2


def test_every_part_is_heard(jury, sim, real, made):
    heard = []
    evaluate(Subject("x", made.video, made.caption, learnt=made.video), jury, real, sim, draws=5, done=heard.append)
    assert len(heard) == PARTS


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda v: v[:1], "has one clip"),
        (lambda v: v[:, :, :1], "have one frame"),
        (lambda v: torch.full_like(v, -1), "every pixel of x has the same value"),
        (lambda v: (v + 1) / 2, r"lies in \[0, 1\]"),
        (lambda v: (v + 1) * 127.5, "Levels x of 0 to 255"),
        (lambda v: torch.where(v > 0.99, torch.nan, v), "not finite"),
        (lambda v: v[..., :12], "clips of different shape have no distance"),
    ],
    ids=["one clip", "one frame", "constant", "0 to 1", "0 to 255", "nan", "shape"],
)
def test_what_cannot_be_measured_is_refused_in_a_sentence(jury, real, made, spoil, sentence):
    with pytest.raises(ValueError, match=sentence):
        evaluate(Subject("x", spoil(made.video)), jury, real, draws=5)


@pytest.mark.parametrize(
    "value, written",
    [(0, "0"), (0.5, "0.500"), (123.456, "123"), (12.3456, "12.3"), (0.00123, "0.00123"), (98765.4, "98765"),
     (1e-7, "1.0e-07"), (float("nan"), "–")],
)  # fmt: skip
def test_numbers_have_three_digits(value, written):
    assert number(value) == written
