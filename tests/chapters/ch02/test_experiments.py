"""Chapter 2's measurements on inputs whose answer is known, and receipts that hold what the chapter says."""

import pytest
import torch
from torch import nn

from minivid import zoo
from minivid.chapters.ch02 import experiments
from minivid.chapters.ch02.experiments.clinic import PLACE, bend, touched
from minivid.chapters.ch02.experiments.costs import ATTENTIONS, last_exponent, peak_bytes, training_step
from minivid.chapters.ch02.experiments.fusion import ARMS, WEIGHTS, accuracy, interval, measure_fusion, reader
from minivid.chapters.ch02.experiments.moving import gain, looks, measure_moving, moving
from minivid.course import receipt
from minivid.data import World
from minivid.nn.attention.core import ALL, Attention
from minivid.nn.attention.maps import place_attention_maps
from minivid.tools.memory import LiveTensors


def test_a_power_law_gives_its_exponent_back():
    p, low, high = experiments.exponent([2, 4, 8, 16], [3 * n**1.7 for n in (2, 4, 8, 16)])
    assert p == pytest.approx(1.7) and low == pytest.approx(1.7) and high == pytest.approx(1.7)
    p, low, high = experiments.exponent([1, 2, 4, 8, 16], [1, 4.4, 15, 66, 250])
    assert low < 2 < high and high - low < 0.3


def grown(powers: dict[str, float]) -> dict:
    """As the receipt of attention has it, where time grows by these powers and operations with n."""
    n = [2, 4, 8]
    return {"n": n, "rows": {name: {"seconds": [x**p for x in n], "flops": n} for name, p in powers.items()}}


def test_what_does_not_grow_as_its_formula_is_named_and_nothing_else():
    powers = dict.fromkeys(ATTENTIONS, 1.1)
    assert experiments.end_sentence({"frames": grown(powers)}).endswith("for all of them.")
    said = experiments.end_sentence({"frames": grown(powers), "pixels": grown(powers | {"linear": 0.7})})
    assert said.endswith("but for: linear, by pixels (0.70 for 1.00).")


def test_the_sentences_on_convolutions_are_of_their_rows():
    row = {"flops": 10, "seconds": 0.002, "seconds, one clip": 0.004, "bytes": 10}
    rows = {"full 3×3×3": row, "(2+1)D": row | {"seconds": 0.003}, "separable": row | {"flops": 1, "bytes": 12}}
    assert experiments.convolution_sentences(rows).splitlines() == [
        "(2+1)D: 1.00 of the full one's operations, 1.50 of its time, 1.00 of its memory.",
        "separable: 0.10 of the full one's operations, 1.00 of its time, 1.20 of its memory.",
        "The full one: 2.0 ms for two clips, 4.0 ms for one.",
    ]


def test_a_convolution_without_a_fast_routine_has_a_slow_one():
    """The routine for any number of axes is taken in double precision with a dilated kernel, whatever the machine."""
    x = torch.randn(1, 2, 6, 6, 6, dtype=torch.float64)
    assert experiments.routine(nn.Conv3d(2, 2, 3, dilation=2, dtype=torch.float64), x).startswith("SlowDilated3d")


def test_memory_counted_in_rehearsal_is_that_of_a_real_step():
    for name, kind in ATTENTIONS.items():
        step = training_step(kind.build(), (4, 6, 6))
        step()
        with LiveTensors() as live:
            step()
        assert peak_bytes(kind.build, (4, 6, 6)) == live.peak, name


def test_kept_scores_cost_the_square_in_bytes_and_fused_ones_do_not():
    def growth(name: str) -> float:
        small, large = (peak_bytes(ATTENTIONS[name].build, (t, 16, 16)) for t in (4, 8))
        return large / small

    assert growth("full, scores kept") == pytest.approx(4, rel=0.05)
    assert growth("full") == pytest.approx(2, rel=0.05)


def test_all_ways_to_attend_but_the_linear_one_agree_where_one_window_holds_the_clip():
    x = torch.randn(1, 32, 2, 4, 4)
    layers = {name: ATTENTIONS[name].build() for name in ("full", "full, scores kept", "windows 2×4×4", "linear")}
    nn.init.normal_(layers["full"][0].to_out.weight)
    outs = {}
    for name, layer in layers.items():
        layer.load_state_dict(layers["full"].state_dict())
        outs[name] = layer(x)
    torch.testing.assert_close(outs["full, scores kept"], outs["full"])
    torch.testing.assert_close(outs["windows 2×4×4"], outs["full"])
    assert (outs["linear"] - outs["full"]).abs().max() > 0.01


def test_the_networks_of_the_comparison_weigh_alike():
    for name in ARMS:
        assert sum(p.numel() for p in reader(name, 0).parameters()) == pytest.approx(WEIGHTS, rel=0.06), name


def test_without_time_a_network_cannot_tell_a_clip_from_its_frames_in_another_order():
    video, _ = experiments.batch(4, seed=1)
    shuffled = video[:, :, torch.tensor([3, 0, 7, 1, 6, 2, 5, 4])]
    for name, blind in (("no time", True), ("early", False), ("late", False), ("attention", False)):
        network = reader(name, 0).eval()
        for module in network.modules():  # as after training: what begins at zero has moved
            for parameter in module.parameters(recurse=False):
                nn.init.normal_(parameter, std=0.2)
        with torch.no_grad():
            difference = (network(video) - network(shuffled)).abs().max()
        assert (difference < 1e-5) == blind, name


def test_what_is_to_be_read_is_read_by_the_truth():
    """The class is that of the caption's direction and speed, in the order of the scores."""
    video, wanted = experiments.batch(64, seed=4)
    captions = World(digit_size=8).sample(64, 4).caption
    said = [experiments.CLASSES[i] for i in wanted]
    assert all(way in caption and speed in caption for (way, speed), caption in zip(said, captions, strict=True))
    assert len(set(wanted.tolist())) == 8 and video.shape[0] == 64


def test_an_untrained_network_guesses():
    torch.manual_seed(0)
    assert accuracy(reader("early", 0), n=128) < 0.4


def test_fusion_is_measured_for_every_network():
    found = measure_fusion(seeds=(0, 1), steps=2, n=16)
    assert set(found["rows"]) == set(ARMS) and all(len(row["accuracy"]) == 2 for row in found["rows"].values())
    assert experiments.fusion_table(found).count("[") == len(ARMS)


def test_the_interval_is_students():
    mean, low, high = interval([1.0, 2.0, 3.0])
    assert (
        mean == 2
        and high - mean == pytest.approx(4.30265 / 3**0.5, rel=1e-4)
        and mean - low == pytest.approx(high - mean)
    )


def test_what_moves_is_where_frames_differ():
    video = -torch.ones(1, 1, 4, 8, 8)
    video[:, :, 2:, 1, 6] = 1  # lights up from frame 2 on
    where = moving(video, 4, 4)[0].nonzero().tolist()
    assert where == [[1, 0, 3], [2, 0, 3]]


def test_even_attention_gains_nothing_and_attention_to_what_moves_does():
    layer, x = Attention(8, 2, ALL), torch.randn(1, 8, 3, 4, 4)
    nn.init.zeros_(layer.to_qkv.weight)
    moves = torch.zeros(3, 4, 4, dtype=torch.bool)
    moves[0, :2, :2] = True
    [even] = place_attention_maps(layer, x).values()
    found = looks(even, moves)
    assert found["mass"] == pytest.approx(found["share"]) == pytest.approx(3 / 47)
    assert found["spread"] == pytest.approx(48, rel=1e-4)
    pointed = even * (1 + 9 * moves)
    pointed = pointed / pointed.sum((4, 5, 6), keepdim=True)
    assert looks(pointed, moves)["mass"] == pytest.approx(30 / (30 + 44))


def test_a_fresh_network_looks_at_what_moves_no_more_than_elsewhere():
    found = measure_moving(seeds=(0,), n=2)
    fresh = [gain(layer["fresh"]) for layer in found["layers"].values()]
    assert all(mean == pytest.approx(1, abs=0.1) for mean, _, _ in fresh)


def test_each_patient_differs_from_what_it_says_that_it_is_in_its_own_way():
    layers = experiments.patients()
    where = {name: touched(layer) for name, layer in layers.items()}
    assert where["patient 1"][0, :4].any()  # the past is reached from frame 4
    assert not where["patient 2"][0, 3].any() and where["patient 2"][0, 1].any()
    early = touched(layers["patient 3"], (0, *PLACE[1:]))
    assert early[0, 0].any() and not early[0, 1].any()
    assert bend(layers["patient 4"]) < 1e-5 < min(bend(layers[f"patient {i}"]) for i in (1, 2, 3, 5))
    assert [name for name in where if where[name][1].any()] == ["patient 5"]


def test_the_receipts_say_what_the_chapter_says():
    rows = receipt("02_convolutions")["rows"]
    assert rows["(2+1)D"]["flops"] == rows["full 3×3×3"]["flops"]
    assert abs(rows["(2+1)D"]["seconds"] / rows["full 3×3×3"]["seconds"] - 1) > 0.05
    assert rows["(2+1)D"]["bytes"] == max(r["bytes"] for r in rows.values())
    share = {key: rows["separable"][key] / rows["full 3×3×3"][key] for key in ("flops", "seconds")}
    assert share["seconds"] > 2 * share["flops"]
    for what, found in receipt("02_attention")["along"].items():
        n, kinds = found["n"], found["rows"]
        time = {name: experiments.exponent(n, row["seconds"])[0] for name, row in kinds.items()}
        assert time["full"] > 0.5 + max(time["linear"], time["windows 2×4×4"])
        assert experiments.exponent(n, kinds["full"]["bytes"])[2] < 1.05
        formula = {name: last_exponent(n, row["flops"]) for name, row in kinds.items()}
        assert formula["full"] > 1.9 and max(formula["linear"], formula["windows 2×4×4"]) == pytest.approx(1)
        assert 1 < formula["space, then time"] < (1.2 if what == "frames" else 1.9)
    fusion = {name: interval(row["accuracy"]) for name, row in receipt("02_fusion")["rows"].items()}
    assert max(fusion["late"][2], fusion["no time"][2]) < fusion["early"][1]
    assert fusion["early and attention"][0] == max(mean for mean, _, _ in fusion.values())
    assert fusion["slow, without the ReLU"][2] > fusion["slow, (2+1)D"][1]  # not told apart
    assert (
        min(high - low for _, low, high in fusion.values())
        == fusion["early and attention"][2] - fusion["early and attention"][1]
    )
    in_each = {name: row for name, row in fusion.items() if name.startswith("slow")}
    assert min(in_each, key=lambda name: in_each[name][0]) == "slow"
    assert max(low for _, low, _ in in_each.values()) < in_each["slow"][2]  # not told apart either
    layers = receipt("02_moving")["layers"]
    for name, layer in layers.items():
        _, low, high = gain(layer["trained"])
        assert high < 1 if name in ("down 0 spatial", "down 2 spatial") else low > 1, name
        if "temporal" in name:
            assert sum(layer["trained"]["spread"]) < sum(layer["trained"]["spread, still"])
    assert receipt("02_moving")["model"] == zoo.load(receipt("02_moving")["name"]).manifest["sha256"]
