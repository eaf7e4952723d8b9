"""Chapter 5's longer clips: squeezed places lie among those of training, and a frame's loss is that frame's."""

import torch

from minivid import zoo
from minivid.chapters.ch05.experiments import longer, parts
from minivid.course import receipt
from minivid.nn.attention.places import grid
from minivid.nn.dit import DiT


def awake(network):
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network.eval()


def test_squeezed_places_are_those_of_training_where_there_are_no_more_and_lie_between_them_where_there_are():
    squeeze = longer.Squeezed(4)
    assert torch.equal(squeeze(4, 2, 3), grid(4, 2, 3)) and torch.equal(squeeze(2, 2, 3), grid(2, 2, 3))
    place = squeeze(12, 2, 3)
    assert torch.equal(place[1:], grid(12, 2, 3)[1:])
    torch.testing.assert_close(place[0, :, 0, 0], torch.arange(12) / 3)


def test_a_squeezed_network_says_the_same_of_a_clip_as_long_as_in_training_and_else_of_a_longer_one():
    network = awake(DiT(longer.NETWORK))
    other = longer.squeezed(network, longer.TRAINED)
    for frames, same in ((8, True), (16, False)):
        z = torch.randn(1, 1, frames, 16, 16)
        with torch.no_grad():
            assert torch.equal(network(z, torch.zeros(1)), other(z, torch.zeros(1))) == same


def test_the_zoo_s_transformer_can_be_asked_for_more_frames_either_way():
    model = zoo.load("dit-digits")
    for squeeze in (False, True):
        asked = longer.longer_model(model, 24, squeeze)
        assert asked.shape == (1, 24, 32, 32) and asked.sample(None, n=1, steps=1).shape == (1, 1, 24, 32, 32)


def test_a_piece_alone_has_the_loss_that_it_has_as_a_clip():
    network = awake(DiT(longer.NETWORK))
    blind = longer.by_frame(lambda z, t: torch.zeros_like(z), 24, n=4)
    assert longer.by_frame(lambda z, t: torch.zeros_like(z), 24, pieces=3, n=4) == blind
    whole, pieces = longer.by_frame(network, 8, n=4), longer.by_frame(network, 8, pieces=1, n=4)
    assert whole == pieces and len(longer.by_frame(network, 24, pieces=3, n=4)) == 24


def test_without_places_a_transformer_does_not_know_the_order_of_its_frames():
    z = torch.randn(1, 1, 8, 16, 16, generator=torch.Generator().manual_seed(0))
    turned = z.unflatten(2, (4, 2)).flip(2).flatten(2, 3)  # tokens of two frames, the last first
    for build, blind in ((parts.ARMS["no places"], True), (parts.ARMS[parts.WHOLE], False)):
        network = awake(build(parts.NETWORK))
        with torch.no_grad():
            said, other = network(z, torch.zeros(1)), network(turned, torch.zeros(1))
        assert torch.allclose(said.unflatten(2, (4, 2)).flip(2).flatten(2, 3), other, atol=1e-5) == blind


def test_zeros_that_are_written_over_are_none():
    z = torch.randn(1, 1, 8, 16, 16)
    for name, silent in ((parts.WHOLE, True), ("zeros written over", False)):
        with torch.no_grad():
            says = parts.ARMS[name](parts.NETWORK)(z, torch.zeros(1)).abs().max()
        assert (says == 0) == silent


def test_what_the_chapter_says_of_zeros_and_places_is_what_was_measured():
    found = receipt("05_parts")
    assert max(parts.against(found, "zeros written over")) < 0 < min(parts.against(found, "no places"))
    assert max(parts.against(found, "no places")) < 0.1
    assert "no places" in parts.parts_table(found)


def test_what_the_chapter_says_of_longer_clips_is_what_was_measured():
    found = receipt("05_longer")
    for kind in longer.KINDS:
        for losses in found["kinds"][kind]["loss"]:
            mean = {way: torch.tensor(each["24"]).mean() for way, each in losses.items()}
            assert abs(mean["squeezed"] / mean["in pieces"] - 1) < 0.02
            broken = mean["as they are"] / mean["in pieces"] - 1
            assert abs(broken) < 0.02 if kind == "rotary" else broken > 0.3
    by_frame = longer.mean_by_frame(found, "added", "as they are", 24)
    assert by_frame[8:].mean() > 1.3 * by_frame[:8].mean()
    assert longer.lengths_table(found).count("squeezed") == len(longer.KINDS)
    assert all(len(curve) == 24 for curve in longer.length_curves(found).values())
