"""Chapter 5's tricks do what they are called, and the chapter says of them what was measured."""

from itertools import permutations

import torch

from minivid.chapters.ch05.experiments.tricks import (
    ARMS,
    NETWORK,
    AdamWOnly,
    Masked,
    differences,
    nearest,
    tricks_table,
    verdict,
)
from minivid.course import receipt
from minivid.nn.dit import DiT
from minivid.optimizers import Muon, matrices_of, optimizers
from minivid.tools.seeds import plain_generator


def awake(network):
    generator = plain_generator(1)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network


def test_of_all_pairings_the_one_of_least_distance_is_taken():
    generator = plain_generator(0)
    x, eps = torch.randn(2, 4, 1, 2, 3, 3, generator=generator)

    def distance(noise):
        return (x - noise).square().sum().item()

    least = min(distance(eps[list(order)]) for order in permutations(range(4)))
    assert abs(distance(nearest(x, eps)) - least) < 1e-4
    assert torch.equal(nearest(x, eps).flatten().sort()[0], eps.flatten().sort()[0])


def test_adamw_for_all_leaves_nothing_to_muon():
    for build, muons in ((AdamWOnly, 0), (DiT, 1)):
        network = build(NETWORK)
        made = optimizers(network, matrices_of(network), 1e-3, 0.02, 0.0)
        assert sum(isinstance(optimizer, Muon) for optimizer, _ in made) == muons


def test_a_masked_transformer_says_nothing_of_half_the_places_and_in_the_end_is_a_transformer():
    z, level = torch.randn(2, 1, 8, 16, 16, generator=plain_generator(0)), torch.zeros(2)
    masked, plain = awake(Masked(NETWORK)), awake(DiT(NETWORK))
    said = masked(z, level).unflatten(-1, (4, 4)).unflatten(-3, (4, 4)).abs().amax((0, 1, 2, 4, 6))  # rows, columns
    assert (said == 0).sum() == 8
    with torch.no_grad():
        assert torch.equal(masked(z, level), plain(z, level))
    masked.steps = masked.whole
    assert torch.equal(masked(z, level), plain(z, level))


def test_what_a_masked_transformer_is_not_shown_changes_nothing():
    z, level = torch.randn(1, 1, 8, 16, 16, generator=plain_generator(0)), torch.zeros(1)
    first, second = awake(Masked(NETWORK)), awake(Masked(NETWORK))
    out = first(z, level)
    changed = torch.where(out == 0, z + 1, z)
    assert torch.equal(second(changed, level), out)


def test_the_seeds_must_agree():
    assert verdict([-0.1, -0.2]) == "lower in every seed"
    assert verdict([0.1, 0.2]) == "higher in every seed"
    assert verdict([-0.1, 0.2]).startswith("no difference")


def test_what_the_chapter_says_of_tricks_is_what_was_measured():
    found = receipt("05_tricks")
    said = {name: verdict(differences(found, name, "loss")) for name in list(ARMS)[1:]}
    lower = ("AdamW for all, rate 0.001", "AdamW for all, rate 0.003", "min-SNR, γ = 5")
    higher = ("times not stratified", "half of the places masked")
    assert all(said[name] == "lower in every seed" for name in lower), said
    assert all(said[name] == "higher in every seed" for name in higher), said
    assert said["noise paired with clips"].startswith("no difference")
    assert all(max(differences(found, name, "loss")) < -0.2 for name in lower[1:])
    assert min(differences(found, lower[0], "loss")) > -0.12
    assert min(differences(found, "times not stratified", "loss")) < 0.08
    cost = [sum(found["arms"][name]["seconds_a_step"]) for name in ("half of the places masked", "the recipe")]
    assert 0.7 < cost[0] / cost[1] < 1
    assert tricks_table(found).count("seed") == len(said)
