"""What chapter 1 measures, at sizes that take seconds; and that its receipts say what its text says."""

import pytest
import torch

from minivid.chapters.ch01 import experiments
from minivid.chapters.ch01.experiments import breaks, memory, routes, steadying
from minivid.course.receipt import receipt
from minivid.metrics.corruptions import gain_flicker
from minivid.metrics.paired import psnr
from minivid.metrics.temporal import short_term_loss


def test_a_break_changes_the_masked_error_more_than_the_unmasked_one():
    clips = breaks.WORLD.sample(12, 0)
    for name in ("flicker", "drift", "jump", "identity swap"):
        found = experiments.factors(clips, experiments.BREAKS[name](clips.video, 0))
        assert 1 < found["all pixels"] < found["masked"], name
    assert experiments.factors(clips, clips.video)["masked"] == pytest.approx(1)
    assert 0.5 < experiments.ink_left(clips) < 1


def test_the_receipt_of_the_breaks_says_what_the_text_says():
    """All four stand out behind the mask, hardly any without it; a fade is seen by neither."""
    for found in receipt("01_breaks")["found"].values():
        for name, runs in found["factors"].items():
            masked, plain = ([run[where] for run in runs] for where in ("masked", "all pixels"))
            if name == "fade to half":
                assert max(plain) < 0.7 and max(masked) < 1.1
            else:
                assert min(masked) > 5 and max(plain) < 3
        assert all(0.75 < left < 0.9 for left in found["ink left"])


def test_steadying_minimises_what_it_is_told():
    clips, clean, flickering = experiments.film_and_flicker(2, 0)
    assert experiments.change(clean, clean) == 1 < experiments.change(flickering, clean)
    made = experiments.steadied(flickering, experiments.difference_loss, weight=1.0, steps=60)
    assert experiments.change(made, clean) < 0.7 and made.abs().max() <= 1
    same = experiments.steadied(flickering, experiments.difference_loss, weight=0.0, steps=5)
    assert torch.equal(same, flickering.clamp(-1, 1)) and len(clips) == 2


def test_the_receipt_of_steadying_says_what_the_text_says():
    """The plain difference makes no film better at any weight; the warped one has a best weight between the ends."""
    found = receipt("01_steadying")
    for name in ("difference", "warped"):
        gains = torch.tensor(
            [
                [run["psnr"] - before["psnr"] for run in runs]
                for runs, before in zip(found[name], found["flickering"], strict=True)
            ]
        )
        assert tuple(gains.shape) == (3, len(steadying.WEIGHTS))
        if name == "difference":
            assert gains.max() < 0
        else:
            assert gains.amax(1).min() > 1 and gains.mean(0).argmax() == 3


def test_a_rehearsed_peak_is_the_real_one():
    clip = (1, 1, 4, 16, 16)
    for how in ({}, {"kernel": "kept"}, {"checkpointing": True}):
        real, rehearsed = (experiments.measured_peak(memory.NET, clip, rehearsed=r, **how) for r in (False, True))
        assert real == pytest.approx(rehearsed, rel=0.01), how


def test_the_receipt_of_memory_says_what_the_text_says():
    """Within a fifth over frames and pixels; both remedies save; the scores, kept, are nearly all there is."""
    found = receipt("01_memory")
    assert [point["clip"] for point in found["grid"]] == [list(clip) for clip in memory.GRID]
    for point in (*found["grid"], *found["kept"], *found["published"].values()):
        assert point["estimate"] == pytest.approx(point["measured"], rel=0.2)
    peaks = {name: cost["peak"] for name, cost in found["remedies"].items()}
    assert peaks["both"] < min(peaks["checkpointing"], peaks["bfloat16"]) and max(peaks.values()) == peaks["nothing"]
    assert found["remedies"]["checkpointing"]["seconds"] > found["remedies"]["nothing"]["seconds"]
    assert 20e9 < found["published"]["fused"]["measured"] < 25e9 and found["published"]["kept"]["measured"] > 1e12


def test_a_tables_lines_are_its_receipts():
    assert experiments.remedies_table(receipt("01_memory")).count("\n") == len(memory.REMEDIES)
    assert experiments.breaks_table(receipt("01_breaks")).count("×") == 2 * 2 * len(experiments.BREAKS)
    assert experiments.routes_table(receipt("01_routes")).count("\n") == 5
    assert "at its best weight" in experiments.steadying_sentence(receipt("01_steadying"))


def test_every_route_takes_its_clip_and_one_call_has_its_seconds():
    for parts in routes.ROUTES.values():
        for part in parts:
            part.config.check(part.clip)
    assert 0 < routes.call_seconds(routes.ROUTES["latents"][0], repeats=1) < 60
    assert set(receipt("01_routes")["routes"]) == {*routes.ROUTES, "tokens"}


def test_a_token_model_sees_the_past_alone():
    torch.manual_seed(0)
    model, tokens = routes.TokenModel(words=20, dim=16).eval(), torch.randint(20, (1, 9))
    changed = tokens.clone()
    changed[0, 6] = (changed[0, 6] + 1) % 20
    with torch.no_grad():
        off = (model(tokens) - model(changed)).abs().amax((0, 2))
    assert off[:6].max() < 1e-6 < off[6]


def test_a_loss_that_trusts_what_it_trains_is_cheated():
    """The last of the chapter's patients: a stronger flicker soon costs no more, its loss falls, and the film gains hardly anything."""
    clips, clean, flickering = experiments.film_and_flicker(4, seed=0)
    flow = clips.backward_flow
    costs = [
        [short_term_loss(film, given, flow).item() for given in (clean, film)]
        for film in (gain_flicker(clean, strength, 0) for strength in (0.3, 0.6, 1.0))
    ]
    right, trusting = zip(*costs, strict=True)
    assert right[2] > 2 * right[0] and trusting[2] < 1.2 * trusting[0]
    cheated, steadied = (
        experiments.steadied(flickering, loss, 1.0, steps=100)
        for loss in (lambda o: short_term_loss(o, o, flow), lambda o: short_term_loss(o, clean, flow))
    )
    assert short_term_loss(cheated, cheated, flow) < 0.3 * short_term_loss(flickering, flickering, flow)
    before, by_the_cheated, by_the_right = (psnr(film, clean).mean() for film in (flickering, cheated, steadied))
    assert by_the_right > before + 2 and by_the_cheated < before + 1
