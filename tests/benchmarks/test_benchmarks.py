"""The measurements beside other people's networks: the networks are of one size and do one work, and results hold what is promised."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from benchmarks import clip, measure, our_step, sampling, table, time_to_quality, train_step, trajectory_fit
from benchmarks.peers import OURS, PEERS, WITHIN, sized, timestep
from minivid.batches import clips_of
from minivid.course.receipt import receipt
from minivid.data.captions import VOCABULARY
from minivid.data.world import World
from minivid.diffusion.schedule import COSINE
from minivid.metrics.reader import fit_reader
from minivid.nn.conv import SpatialConv
from minivid.nn.unet import UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig
from minivid.zoo import RECIPES

LAPTOP = RECIPES["vdm-laptop"]
TINY = Run(
    "tiny",
    UNetConfig(widths=(8, 8), heads=2, vocabulary=len(VOCABULARY), dim_text=8),
    training=TrainConfig(batch=2),
    worlds=(World(frames=2, digit_size=10),),
)


@pytest.fixture(scope="module", params=PEERS)
def name(request):
    """The name of a peer that is installed."""
    pytest.importorskip(PEERS[request.param].package.replace("-", "_"))
    return request.param


@pytest.mark.parametrize("same_grid", [False, True], ids=["as shipped", "same grid"])
class TestPeers:
    def test_a_peer_is_as_large_as_ours(self, name, same_grid):
        assert abs(sized(name, LAPTOP, same_grid).described()["off"]) <= WITHIN

    def test_a_peer_has_the_size_that_is_said_of_it_and_every_weight_learns(self, name, same_grid):
        x, cond = clips_of(*LAPTOP.worlds)(1, (0, 0))
        size = sized(name, LAPTOP, same_grid)
        net = size.build()
        learned = {key: weight for key, weight in net.named_parameters() if weight.requires_grad}
        assert sum(weight.numel() for weight in learned.values()) == size.parameters
        out = net(x, torch.zeros(1), cond)
        assert out.shape == x.shape
        out.square().mean().backward()
        assert [key for key, weight in learned.items() if weight.grad is None] == []

    def test_a_peer_hears_its_caption_and_an_absent_one_is_none(self, name, same_grid):
        x, cond = clips_of(*LAPTOP.worlds)(1, (0, 0))
        net = sized(name, LAPTOP, same_grid).build().eval()
        with torch.no_grad():
            told, untold = net(x, torch.zeros(1), cond), net(x, torch.zeros(1))
            absent = net(x, torch.zeros(1), cond.keep(torch.tensor([False])))
        assert (told - untold).abs().max() > 1e-4
        torch.testing.assert_close(absent, untold)


def test_peers_are_told_the_time_that_has_our_noise_level():
    u = torch.linspace(0.05, 0.95, 7)
    logsnr = COSINE.logsnr(u)
    alpha, sigma = COSINE.alpha_sigma(logsnr)
    angle = timestep(logsnr) / 1000 * torch.pi / 2
    torch.testing.assert_close((angle.cos(), angle.sin()), (alpha, sigma))


def test_an_unknown_network_is_refused_by_name():
    with pytest.raises(ValueError, match="no network 'Unet4D'"):
        sized("Unet4D", LAPTOP, False)


def test_rounds_are_interleaved_and_take_turns_to_begin():
    calls = []
    seconds = measure.interleaved({name: lambda name=name: calls.append(name) for name in "abc"}, rounds=2)
    assert "".join(calls) == "abcbcacababc"
    assert {name: len(own) for name, own in seconds.items()} == {"a": 2, "b": 2, "c": 2}


def test_operations_are_those_of_matrix_products_and_attention_is_two():
    q = torch.randn(1, 1, 4, 8)
    assert measure.operations(lambda: nn.Linear(8, 16)(torch.randn(4, 8))) == 2 * 4 * 8 * 16
    assert measure.operations(lambda: nn.functional.scaled_dot_product_attention(q, q, q)) == 2 * (2 * 4 * 4 * 8)


def test_memory_holds_at_least_weights_gradients_and_two_moments():
    options = measure.Options(networks=(OURS,), rounds=1, batch=1, threads=1)
    size = sized(OURS, replace(TINY, network=replace(TINY.network, widths=(64, 128))), False)
    assert measure.peak_memory(train_step.work, size, options) > 4 * 4 * size.parameters


@pytest.mark.parametrize(
    ("what", "module"), [("train_step", train_step), ("sampling", sampling)], ids=["training", "sampling"]
)
def test_a_comparison_writes_what_it_promises(what, module, tmp_path):
    pytest.importorskip("video_diffusion_pytorch")
    options = measure.Options(networks=(OURS, "Unet3D"), rounds=1, batch=1, threads=1, memory=False)
    found = measure.compare(module.work, TINY, options)
    path = measure.report(what, "8x16x16", options, found, 0.0, tmp_path / "result.json")
    values = receipt("result", tmp_path)
    assert set(values["rows"]) == {"as shipped", "same grid"}
    for row in values["rows"].values():
        ours, theirs = row
        assert (ours["network"], theirs["network"], ours["ratio"]) == (OURS, "Unet3D", 1)
        assert theirs["ratio"] == theirs["seconds"][0] / ours["seconds"][0]
        assert {"parameters", "off", "median", "quartiles", "ratio_quartiles", "flops", "width"} <= set(theirs)
    assert values["packages"].keys() == {"video-diffusion-pytorch"} and values.hardware["threads"] == 1
    assert "| Unet3D |" in table.of_file(path)


def test_the_fits_of_paths_end_at_the_same_error_and_the_shipped_result_says_why_ours_stays(tmp_path):
    path = tmp_path / "fit.json"
    trajectory_fit.main(paths=4, rounds=1, json=path)
    for methods in receipt("fit", tmp_path)["rows"].values():
        assert methods.keys() == trajectory_fit.METHODS.keys() and methods["ours"]["ratio"] == 1
        for one in methods.values():
            assert one["left"] == pytest.approx(methods["ours"]["left"], rel=1e-6, abs=1e-9)
    assert "| least_squares |" in table.of_file(path)
    shipped = receipt("trajectory_fit", table.RESULTS)
    assert all(methods["least_squares"]["ratio"] > 3 for methods in shipped["rows"].values())


def test_training_costs_three_times_the_operations_of_sampling():
    net = sized(OURS, LAPTOP, False).build()
    forward, step = (measure.operations(module.work(net, LAPTOP, 1)) for module in (sampling, train_step))
    assert 2.5 < step / forward < 3.1


def test_real_clips_are_read_as_well_as_real_clips():
    options = time_to_quality.Options(judged=8)
    world = TINY.worlds[0]
    judge = time_to_quality.Judge(fit_reader(world, clips=200), world.sample(8, 1), options, TINY)
    assert judge.share(judge.asked.video) == judge.real > 0.5
    assert judge.share(-torch.ones_like(judge.asked.video)) == 0


@pytest.mark.parametrize("optimizer", ["adamw", "ours"])
def test_a_network_that_reads_legible_stops_the_clock_and_one_that_does_not_has_no_minutes(optimizer):
    options = time_to_quality.Options(minutes=10, looks=10**9, batch=2, optimizer=optimizer)
    readings = iter([0.2, 0.95])
    legible = time_to_quality.race(sized(OURS, TINY, False), lambda net: next(readings), options)
    assert legible["minutes"] == legible["judged"][-1]["minutes"] and len(legible["judged"]) == 2
    assert legible["minutes"] < legible["allowed"] == 10
    short = replace(options, minutes=1e-6, looks=1)
    never = time_to_quality.race(sized(OURS, TINY, False), lambda net: 0.5, short)
    assert never["minutes"] is None and never["judged"][-1]["minutes"] >= 1e-6


def test_a_race_goes_on_with_the_networks_that_are_not_done(tmp_path, capsys):
    options = time_to_quality.Options(minutes=1e-6, looks=1, judged=4, steps=1, batch=2, threads=1)
    path = tmp_path / "race.json"
    time_to_quality.run(options, (OURS,), path, TINY)
    first = path.read_text()
    time_to_quality.run(options, (OURS,), path, TINY)
    assert "done before" in capsys.readouterr().out and path.read_text() == first
    assert "not within 0.0" in table.of_file(path)
    with pytest.raises(ValueError, match="another lr, minutes"):
        time_to_quality.run(replace(options, lr=1e-4, minutes=1.0), (OURS,), path, TINY)


@pytest.mark.parametrize(
    "wrong", [{"rounds": 0}, {"batch": -1}, {"networks": ("Unet3D",)}], ids=["rounds", "batch", "networks"]
)
def test_wrong_options_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        measure.Options(**wrong)


@pytest.mark.parametrize("way", [way for way in our_step.OTHERWISE if way != "compiled"])  # that needs a compiler
def test_another_way_to_compute_our_step_gives_the_same_loss_and_gradients(way):
    losses, gradients = [], []
    for change in (None, our_step.OTHERWISE[way]):
        torch.manual_seed(0)
        run = our_step.training(TINY, 2, change)
        losses.append(next(run.steps(progress=False)).loss)
        gradients.append(torch.cat([weight.grad.flatten() for weight in run.model.parameters()]))
    assert type(run.model.conv_in) is not SpatialConv or way == "linear layers as convolutions"
    assert losses[0] == pytest.approx(losses[1], rel=1e-5)
    torch.testing.assert_close(*gradients, rtol=1e-4, atol=1e-6)


def test_our_steps_parts_are_all_of_it_and_its_result_is_a_table(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(measure.SETTINGS, "8x16x16", TINY)
    threads, path = torch.get_num_threads(), tmp_path / "own.json"
    our_step.main(rounds=2, batch=2, threads=1, ways=("bfloat16 autocast", "convolutions in 3-D"), json=path)
    torch.set_num_threads(threads)
    values = receipt("own", tmp_path)
    assert sum(values["parts"].values()) == pytest.approx(1)
    assert {"convolutions", "attention", "optimizer Muon", "optimizer AdamW"} <= set(values["parts"])
    assert values.command.endswith("--threads 1 --ways 'bfloat16 autocast' 'convolutions in 3-D'")
    assert values["otherwise"].keys() == {"bfloat16 autocast", "convolutions in 3-D"}
    said = capsys.readouterr().out
    assert "| optimizer Muon |" in said and "| bfloat16 autocast |" in said


def test_our_steps_rate_is_its_operations_against_those_of_a_product_in_the_same_time(monkeypatch):
    seconds = {our_step.SHIPPED: [2.0, 4.0], "product": [1.0, 2.0], "bfloat16 autocast": [3.0, 6.0]}
    monkeypatch.setattr(measure, "interleaved", lambda runs, rounds: {name: seconds[name] for name in runs})
    values = our_step.found(TINY, 2, 2, ("bfloat16 autocast",))
    of_product = 2 * our_step.SIDE**3 * our_step.PRODUCTS
    assert values["of_machine"] == pytest.approx(values["flops"] / of_product / 2)
    assert values["machine"] == pytest.approx(of_product / 1.5)
    assert values["otherwise"]["bfloat16 autocast"]["ratio"] == 1.5


def test_an_unknown_way_is_refused_with_those_that_there_are():
    with pytest.raises(ValueError, match="no way 'faster'; there are convolutions in 3-D"):
        our_step.main(ways=("faster",))


def test_a_clip_of_the_student_beside_its_teacher_s(tmp_path, monkeypatch):
    monkeypatch.setattr(clip, "TEACHER_S_STEPS", (2, 1))
    clip.main(clips=1, rounds=1, threads=1, json=tmp_path / "clip.json")
    found = receipt("clip", tmp_path)
    first, *others = (found["rows"][name] for name in clip.ways(1, 0))
    assert first["ratio"] == 1 and len(others) == 2
    assert all(one["ratio"] == pytest.approx(one["seconds"] / first["seconds"]) for one in others)
    assert "| vdm-digits-8, 8 steps |" in table.of_file(tmp_path / "clip.json")
    with pytest.raises(ValueError, match="rounds is 0"):
        clip.main(rounds=0)
