"""What chapter 1 measures of motion and of films, at a reduced size; and the receipts hold what the tables print."""

from dataclasses import replace
from statistics import mean

import pytest
import torch

from minivid.chapters.ch01.experiments import MEASUREMENTS, captioning, curation, flow_network, interpolation
from minivid.chapters.ch01.experiments.films import CLIPS
from minivid.course import receipt
from minivid.data import World
from minivid.judges import load
from minivid.motion.flow import estimate_flow
from minivid.motion.interpolate import interpolate
from minivid.motion.network import FlowNet


def test_a_pair_of_the_networks_food_is_two_frames_with_flow_and_what_can_be_followed():
    video, truth = flow_network.pairs(8, (0, 1, 0))
    assert video.shape == (8, 1, 2, 32, 32) and truth.shape == (8, 3, 32, 32)
    assert set(truth[:, 2].unique().tolist()) <= {0.0, 1.0}


def test_the_endpoint_error_is_the_distance_where_a_point_can_be_followed():
    truth = torch.zeros(2, 3, 4, 4)
    truth[:, 0], truth[:, 1], truth[:, 2, :2] = 3.0, 4.0, 1.0
    fresh = FlowNet((4, 4, 4))  # says that nothing moves
    loss = flow_network.EndpointError()(fresh, (torch.zeros(2, 1, 2, 4, 4), truth), flow_network.Step(0, 0))
    assert loss.item() == pytest.approx(5.0, abs=1e-4)


def test_a_network_gets_better_in_a_few_steps_and_is_the_same_with_the_same_seed():
    losses = [[record.loss for record in flow_network.start(12).steps(progress=False)] for _ in range(2)]
    assert losses[0] == losses[1]
    assert flow_network.start(12, seed=1).config.seed == 1


def test_panned_photographs_have_the_flow_that_they_were_given():
    video, truth = flow_network.photographs_panned(6, seed=0)
    distance = (estimate_flow(video)[:, 0] - truth[:, :2]).norm(dim=1)[:, 6:-6, 6:-6]
    assert distance.median() < 0.15 and truth[:, :2].norm(dim=1).mean() > 0.8


def test_classical_flow_is_better_than_none_on_digits_and_photographs():
    none, dis = (flow_network.endpoint_errors(flow_network.METHODS[name], 8, 3) for name in ("nothing moves", "DIS"))
    for world in (*flow_network.NAMES, flow_network.PHOTOGRAPHS):
        assert dis[world][0] < 0.7 * none[world][0]


@pytest.mark.parametrize("case", interpolation.CASES)
def test_warping_both_sides_beats_the_average_but_at_a_jump(case):
    before, middle, after = interpolation.three_frames(case, 12, seed=5).video.unbind(2)
    made = interpolation.frames_between(before, after)
    off = {name: (frame - middle).square().mean().item() for name, frame in made.items()}
    assert (off["both sides"] < off["average"]) == (case != "a jump")
    assert off["wrong way"] > off["nearest frame"]


def test_the_exact_flows_lead_from_the_first_frame_to_the_last_and_back():
    clips = interpolation.three_frames("quick", 8, seed=1)
    flow, back = interpolation.exact_flows(clips)
    before, _, after = clips.video.unbind(2)
    assert (interpolate(before, after, flow, back, 1.0) - after).abs().max() < 1e-5
    on = clips.mask[:, 0, 0] > 0.9
    step = clips.position[:, 2, 0] - clips.position[:, 0, 0]
    for i in range(8):
        assert torch.allclose(flow[i][:, on[i]], step[i][:, None].expand(-1, int(on[i].sum())), atol=1e-5)
    assert flow.abs().max() > 2
    wider, _ = interpolation.exact_flows(clips, grown=2)
    assert (wider != 0).sum() > 1.3 * (flow != 0).sum() and (wider == flow)[flow != 0].all()


def test_ungrown_it_is_the_worlds_own_flow_where_frames_are_neighbours():
    clips = World(frames=2, size=32, digits=3, background="clouds", pan=0.5).sample(8, seed=2)
    assert torch.allclose(interpolation.exact_flows(clips)[0], clips.flow[:, 0], atol=1e-4)


def test_captioners_say_what_they_can_see_and_the_judge_chooses_the_best():
    clips = replace(CLIPS, split="heldout").sample(24, seed=8)
    motion, text = load("judge-motion"), load("judge-text")
    middle, network, path = (
        by(clips.video, motion) for by in (captioning.by_middle_frame, captioning.by_network, captioning.by_path)
    )
    assert all("moves" not in caption for caption in middle)
    own = [sum(a == b for a, b in zip(said, clips.caption, strict=True)) for said in (network, path)]
    assert min(own) >= 18
    others = clips.caption[1:] + clips.caption[:1]
    best, scores = captioning.best_of(clips.video, [others, clips.caption], text)
    assert scores.shape == (24, 2) and sum(a == b for a, b in zip(best, clips.caption, strict=True)) >= 22


@pytest.mark.parametrize("name", ["01_flow", "01_interpolation", "01_curation"])
def test_the_receipts_hold_what_the_tables_print(name):
    values = receipt(name).values
    assert name in MEASUREMENTS
    if name == "01_flow":
        for part in (0, 1):
            lines = flow_network.flow_table(values["errors"], part).splitlines()
            assert len(lines) == 2 + len(flow_network.METHODS)
        everywhere = {method: rows[0]["flat"][1] for method, rows in values["errors"].items()}
        assert everywhere["DIS"] > everywhere["nothing moves"]
        network, dis = values["errors"]["network"], values["errors"]["DIS"]
        for theirs, ours in zip(dis, network, strict=True):
            assert all(theirs[world][0] < ours[world][0] for world in theirs)
        assert min(everywhere, key=everywhere.get) == "network"  # what the text says of it
        assert all(
            row["photographs"][0] > 5 * values["errors"]["DIS"][0]["photographs"][0]
            for row in values["errors"]["network"]
        )
    elif name == "01_interpolation":
        assert len(interpolation.interpolation_table(values["psnr"]).splitlines()) == 1 + len(interpolation.WAYS)
        for case, of_seeds in values["psnr"]["hidden left out"].items():
            plain = values["psnr"]["both sides"][case]
            assert abs(sum(of_seeds) - sum(plain)) / len(plain) < 1  # a null
        means = {way: {case: mean(v) for case, v in of.items()} for way, of in values["psnr"].items()}
        for case in means["exact flow"]:  # the riddle
            assert means["exact flow"][case] < means["both sides"][case] < means["exact flow, grown by 3"][case]
            assert means["wrong way"][case] < means["nearest frame"][case]
        assert max(means, key=lambda way: means[way].get("a jump", 0)) == "average"
        gains = {
            case: [one - other for one, other in zip(of, values["psnr"]["both sides"][case], strict=True)]
            for case, of in values["psnr"]["hidden left out"].items()
        }
        assert max(gains["too far"]) < 0 < min(gains["quick"])  # where things move too far it costs at every seed
        assert f"too far [{min(gains['too far']):+.1f}, {max(gains['too far']):+.1f}]" in interpolation.gain_sentence(
            values["psnr"], "hidden left out", "both sides"
        )
    else:
        assert len(curation.quality_table(values["filters"]).splitlines()) == 1 + len(values["filters"])
        assert curation.caption_table(values["captions"]).splitlines()[-1].startswith("best by the judge")
        right = {name: share for name, (share, _, _) in values["captions"].items()}
        assert max(right, key=right.get) == "best by the judge" and right["sees the middle frame"] == 0
        filters = values["filters"]
        assert filters["cut"]["recall"][0] > filters["cut, at every frame only"]["recall"][2]
        assert filters["text, of those that move"]["precision"][0] > filters["text"]["precision"][2]
