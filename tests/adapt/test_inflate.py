"""Inflation: what equals the image model at the start, what is trained, what it changes, and that it is a network like any other."""

import pytest
import torch

from minivid import zoo
from minivid.adapt import InflatedConfig, Method, adapt, inflate, inflated, inflated_config
from minivid.adapt.layers import LONGEST, Mixed, MotionModule
from minivid.checkpoint import load_into, read, weights_of, write
from minivid.data import World
from minivid.diffusion import Denoising
from minivid.nn import Cond, UNet, UNetConfig
from minivid.run import Run
from minivid.train import TrainConfig

IMAGE = UNetConfig(channels=3, widths=(16, 32), heads=2, vocabulary=34, dim_text=16, temporal=False)
LEVEL = torch.tensor([0.5, -2.0])
WORDS = Cond(torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([[True, True, True], [True, True, False]]))
ON_ANY_CLIP = [Method.MAKE_A_VIDEO, Method.VIDEO_LDM, Method.ANIMATEDIFF]
EVERY = list(Method)


def awake(module, seed=0):
    """The module with every weight drawn at random: what starts at zero hides a wrong path."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            fan_in = max(1, parameter.numel() // parameter.shape[0]) if parameter.ndim else 1
            parameter.copy_(torch.randn(parameter.shape, generator=generator) / fan_in**0.5)
    return module.eval()


@pytest.fixture(scope="module")
def image():
    return awake(UNet(IMAGE))


def clip(frames=5, seed=0):
    return torch.randn(2, 3, frames, 8, 8, generator=torch.Generator().manual_seed(seed))


def of(model, z):
    with torch.no_grad():
        return model(z, LEVEL, WORDS)


def trained_a_little(model, steps=3):
    """The model after a few steps towards noise, and the names of the weights that had a gradient in any of them."""
    optimizer = torch.optim.Adam([weight for weight in model.parameters() if weight.requires_grad], lr=1e-2)
    moved = set()
    for step in range(steps):
        optimizer.zero_grad()
        (model(clip(seed=step), LEVEL, WORDS) - clip(seed=100 + step)).square().mean().backward()
        moved |= {name for name, weight in model.named_parameters() if weight.grad is not None and weight.grad.any()}
        optimizer.step()
    return model, moved


def reached(model, frame, frames=5):
    """The frames of the output that change when one input frame does."""
    z = clip(frames)
    other = z.clone()
    other[:, :, frame] += 1.0
    return (of(model, z) - of(model, other)).abs().amax((0, 1, 3, 4)).gt(1e-6).nonzero().flatten().tolist()


@pytest.mark.parametrize("method", ON_ANY_CLIP)
def test_at_the_start_it_equals_the_image_model_on_any_clip(image, method):
    torch.testing.assert_close(of(inflated(image, method), clip()), of(image, clip()), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("method", [Method.TUNE_A_VIDEO, Method.LUMIERE])
def test_a_network_that_looks_back_or_pools_time_equals_it_on_one_frame_and_on_equal_frames_alone(image, method):
    model = inflated(image, method)
    still = clip(1).expand(-1, -1, 5, -1, -1)
    for same in (clip(1), still):
        torch.testing.assert_close(of(model, same), of(image, same), atol=1e-5, rtol=1e-5)
    assert (of(model, clip()) - of(image, clip())).abs().max() > 1e-3


@pytest.mark.parametrize("method", EVERY)
def test_the_frames_number_says_nothing_before_it_was_learnt(image, method):
    """What would read it was never trained in an image model; left at random, it would shift every frame."""
    still = clip(1).expand(-1, -1, 5, -1, -1)
    out = of(inflated(image, method), still)
    torch.testing.assert_close(out, out[:, :, :1].expand_as(out), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("method", EVERY)
def test_the_same_seed_gives_the_weights_that_inflate_names_and_the_configuration_draws_none(image, method):
    torch.manual_seed(1)
    config, weights = inflate(image, method)
    after = torch.get_rng_state()
    torch.manual_seed(1)
    model = inflated(image, method)
    assert torch.equal(torch.get_rng_state(), after), "the network is drawn once"
    for name, weight in weights_of(model).items():
        torch.testing.assert_close(weight, weights[name], rtol=0, atol=0)
    assert inflated_config(image, method) == config == model.config
    assert torch.equal(torch.get_rng_state(), after)


STAGES = ("down.0", "down.2", "middle", "up.0", "up.2")


def names_in(part, names):
    return {f"{stage}.{part}.{name}" for stage in STAGES for name in names}


ATTENTION = ("norm.norm.weight", "norm.norm.bias", "to_qkv.weight", "to_out.weight", "to_out.bias")
TIME_CONVS = {
    f"{conv}.time.conv.{kind}"
    for conv in ["conv_in", "conv_out", *(f"{stage}.block.conv{n}" for stage in STAGES for n in (1, 2))]
    for kind in ("weight", "bias")
}
MOTION_MODULE = [
    *(
        f"{layer}.{kind}"
        for layer in ("norm.norm", "proj_in", "proj_out", "gated", "narrow")
        for kind in ("weight", "bias")
    ),
    *(f"norms.{n}.{kind}" for n in range(3) for kind in ("weight", "bias")),
    *(f"to_out.{n}.{kind}" for n in range(2) for kind in ("weight", "bias")),
    *(f"to_qkv.{n}.weight" for n in range(2)),
]
MIXED = [
    "mix",
    *(
        f"{layer}.{kind}"
        for layer in ("norm1.norm", "norm2.norm", "conv1.conv", "conv2.conv")
        for kind in ("weight", "bias")
    ),
    *(f"attention.{name}" for name in ATTENTION),
]
CONV_BLOCK = [
    f"{layer}.{kind}" for layer in ("norm.norm", "space", "time.conv", "proj_out") for kind in ("weight", "bias")
]
COMPACT = {
    *(f"down.1.time.conv.{kind}" for kind in ("weight", "bias")),
    *(f"up.1.time.conv.conv.{kind}" for kind in ("weight", "bias")),
    *(f"{stage}.temporal.{name}" for stage in ("down.0", "up.2") for name in CONV_BLOCK),
    *(f"{stage}.temporal.{name}" for stage in ("down.2", "middle", "up.0") for name in MOTION_MODULE),
}
TRAINED = {
    Method.LUMIERE: COMPACT,
    Method.MAKE_A_VIDEO: TIME_CONVS | names_in("temporal", ATTENTION) | {"position_bias.weight.weight"},
    Method.VIDEO_LDM: names_in("temporal", MIXED) | {"position_bias.weight.weight"},
    Method.ANIMATEDIFF: names_in("temporal", MOTION_MODULE),
    Method.TUNE_A_VIDEO: names_in("temporal", ATTENTION)
    | names_in("spatial.to_qkv.q", ["weight"])
    | names_in("cross.to_q", ["weight"]),
}


@pytest.mark.parametrize("method", EVERY)
def test_it_trains_what_its_paper_trains_and_each_of_it_has_a_gradient_within_three_steps(image, method):
    model, moved = trained_a_little(inflated(image, method))
    asked = {name for name, weight in model.named_parameters() if weight.requires_grad}
    assert asked == set(model.trained()) == moved == TRAINED[method]


@pytest.mark.parametrize("method", EVERY)
def test_training_leaves_the_image_model_as_it_was(image, method):
    _, before = inflate(image, method)
    model, _ = trained_a_little(inflated(image, method))
    after, trained = weights_of(model), set(model.trained())
    assert all(torch.equal(after[name], weight) for name, weight in before.items() if name not in trained)


@pytest.mark.parametrize("method", ON_ANY_CLIP)
def test_before_training_frames_are_apart_and_after_it_they_are_joined(image, method):
    model = inflated(image, method)
    assert reached(model, 2) == [2]
    assert reached(trained_a_little(model)[0], 2) == [0, 1, 2, 3, 4]


def test_under_sparse_causal_attention_a_frame_changes_those_that_look_at_it(image):
    """Layer upon layer a frame reaches those after it, never those before, until attention over time is trained."""
    model = inflated(image, Method.TUNE_A_VIDEO)
    assert reached(model, 2) == [2, 3, 4] and reached(model, 0) == [0, 1, 2, 3, 4]
    assert reached(trained_a_little(model)[0], 2) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("method", EVERY)
def test_its_weights_are_saved_and_loaded_by_name(image, method, tmp_path):
    model, _ = trained_a_little(inflated(image, method))
    write(tmp_path / "video.safetensors", weights_of(model), {})
    again = model.config.build()
    load_into(again, read(tmp_path / "video.safetensors")[0])
    assert torch.equal(of(again, clip()), of(model, clip()))


def test_it_is_trained_published_and_sampled_as_any_other(image, tmp_path):
    world = World(frames=4, size=16, colour=True)
    config, _ = inflate(image, Method.ANIMATEDIFF)
    run = Run("moving", config, Denoising(), TrainConfig(steps=2, batch=2, warmup=1), (world,))
    training = run.start(build=lambda: inflated(image, Method.ANIMATEDIFF))
    list(training.steps(progress=False))
    model = zoo.find(str(zoo.publish(run, training, tmp_path)))
    assert model.run.network == config and model.sample(["a red 3 moves right"], steps=2).shape == (1, 3, 4, 16, 16)


def test_a_motion_module_is_lifted_onto_another_base(image):
    """On the other base it adds what it learnt; without it, that base's own frames stand."""
    taught, _ = trained_a_little(inflated(image, Method.ANIMATEDIFF))
    base = awake(UNet(IMAGE), seed=7)
    lifted = inflated(base, Method.ANIMATEDIFF)
    load_into(lifted, {**weights_of(lifted), **taught.adapter()})
    own = weights_of(lifted)
    assert all(torch.equal(own[name], weight) for name, weight in weights_of(base).items() if "place" not in name)
    assert reached(lifted, 2) == [0, 1, 2, 3, 4]


def test_a_motion_module_says_where_its_count_ends():
    module = MotionModule(8, 2)
    assert module(torch.zeros(1, 8, LONGEST, 1, 1)).shape[2] == LONGEST
    with pytest.raises(ValueError, match=f"counts {LONGEST} frames"):
        module(torch.zeros(1, 8, LONGEST + 1, 1, 1))


def test_the_mixing_passes_images_on_and_mixes_clips():
    mixed = awake(Mixed(8, 2))
    x = torch.randn(2, 8, 4, 3, 3)
    with torch.no_grad():
        assert mixed(x, visible=torch.eye(4, dtype=torch.bool)) is x
        mixed.mix.fill_(30.0)  # α = 1
        torch.testing.assert_close(mixed(x), x)
        mixed.mix.fill_(-30.0)  # α = 0
        torch.testing.assert_close(mixed(x), mixed.temporal(x, None))


def test_a_batch_of_images_is_the_image_models(image):
    """Video LDM's layers over time are skipped where the batch holds images alone."""
    model = awake(inflated(image, Method.VIDEO_LDM), seed=3)
    alone = [model(clip()[:, :, [i]], LEVEL, Cond(WORDS.tokens, WORDS.token_mask, images=1)) for i in range(5)]
    joint = model(clip(), LEVEL, Cond(WORDS.tokens, WORDS.token_mask, images=5))
    torch.testing.assert_close(joint, torch.cat(alone, 2), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("method", EVERY)
def test_images_behind_a_clip_are_refused(image, method):
    with pytest.raises(ValueError, match="2 of 5 frames are said to be images"):
        inflated(image, method)(clip(), LEVEL, Cond(images=2))


@pytest.mark.parametrize("method", ON_ANY_CLIP)
def test_a_picture_beside_the_clip_is_read_by_what_is_trained_and_begins_as_nothing(image, method):
    z, content = clip(), torch.randn(2, 7)
    shown = Cond(WORDS.tokens, WORDS.token_mask, content=content)
    network = inflated(image, method, content=7).eval()
    torch.testing.assert_close(network(z, LEVEL, shown), of(image, z))
    assert "content_in.weight" in network.trained() and network.config.content == 7
    torch.nn.init.normal_(network.content_in.weight)
    assert (network(z, LEVEL, shown) - of(image, z)).abs().max() > 1e-3


def test_what_is_no_image_model_is_refused():
    with pytest.raises(ValueError, match="a U-Net without time"):
        inflate(UNet(UNetConfig(widths=(16, 16))), Method.VIDEO_LDM)
    with pytest.raises(ValueError, match="temporal must be True"):
        InflatedConfig(temporal=False)
    with pytest.raises(ValueError, match="Merge its adapters first"):
        inflate(adapt(UNet(IMAGE)), Method.ANIMATEDIFF)
