"""Low-rank adapters: nothing at the start, the same merged and unmerged, and nothing else is trained."""

import pytest
import torch

from minivid.adapt import LowRankConfig, Method, adapt, inflated, merged
from minivid.checkpoint import load_into, read, weights_of, write
from minivid.nn import Cond, UNet, UNetConfig

CONFIG = UNetConfig(channels=3, widths=(16, 32), heads=2, vocabulary=34, dim_text=16, temporal=False)
LEVEL = torch.tensor([0.5, -2.0])
WORDS = Cond(torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([[True, True, True], [True, True, False]]))
Z = torch.randn(2, 3, 1, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def image():
    generator, network = torch.Generator().manual_seed(0), UNet(CONFIG)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network


def of(model):
    with torch.no_grad():
        return model(Z, LEVEL, WORDS)


def trained_a_little(model):
    optimizer = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=1e-2)
    moved = set()
    for _ in range(3):
        optimizer.zero_grad()
        (model(Z, LEVEL, WORDS) - 1).square().mean().backward()
        moved |= {name for name, weight in model.named_parameters() if weight.grad is not None and weight.grad.any()}
        optimizer.step()
    return model, moved


def test_at_the_start_it_changes_nothing(image):
    torch.testing.assert_close(of(adapt(image, rank=2)), of(image), atol=1e-6, rtol=1e-5)


def test_the_adapters_alone_are_trained_and_each_has_a_gradient(image):
    model, moved = trained_a_little(adapt(image, rank=2))
    layers = [f"{stage}.{layer}" for stage in ("down.0", "down.2", "middle", "up.0", "up.2") for layer in (
        "spatial.to_qkv", "spatial.to_out", "cross.to_q", "cross.to_kv", "cross.to_out")]  # fmt: skip
    assert moved == {f"{layer}.{own}" for layer in layers for own in ("up", "down")}
    assert all(torch.equal(weights_of(model)[name], weight) for name, weight in weights_of(image).items())


def test_merged_equals_unmerged_and_is_as_large_as_before(image):
    model, _ = trained_a_little(adapt(image, rank=2))
    plain = merged(model)
    assert (of(model) - of(image)).abs().max() > 1e-2
    torch.testing.assert_close(of(plain), of(model), atol=1e-5, rtol=1e-5)
    assert plain.config == CONFIG and weights_of(plain).keys() == weights_of(image).keys()


def test_at_no_strength_the_base_is_left(image):
    model, _ = trained_a_little(adapt(image, rank=2))
    assert torch.equal(of(merged(model, strength=0)), of(image))


def test_what_is_added_has_the_rank_that_was_asked_for(image):
    model, _ = trained_a_little(adapt(image, rank=2))
    added = (
        weights_of(merged(model))["middle.spatial.to_qkv.weight"] - weights_of(image)["middle.spatial.to_qkv.weight"]
    )
    assert torch.linalg.matrix_rank(added, atol=1e-4) == 2


def test_its_weights_are_saved_and_loaded_by_name(image, tmp_path):
    model, _ = trained_a_little(adapt(image, rank=2))
    write(tmp_path / "style.safetensors", weights_of(model), {})
    again = LowRankConfig(
        channels=3, widths=(16, 32), heads=2, vocabulary=34, dim_text=16, temporal=False, rank=2
    ).build()
    load_into(again, read(tmp_path / "style.safetensors")[0])
    assert torch.equal(of(again), of(model))


def test_a_merged_base_can_be_inflated(image):
    model, _ = trained_a_little(adapt(image, rank=2))
    torch.testing.assert_close(of(inflated(merged(model), Method.ANIMATEDIFF)), of(model), atol=1e-5, rtol=1e-5)


def test_what_cannot_be_adapted_or_merged_is_refused(image):
    with pytest.raises(ValueError, match="for a plain U-Net"):
        adapt(inflated(image, Method.VIDEO_LDM))
    with pytest.raises(ValueError, match="no low-rank adapters"):
        merged(image)
    with pytest.raises(ValueError, match="rank is 0"):
        adapt(image, rank=0)
