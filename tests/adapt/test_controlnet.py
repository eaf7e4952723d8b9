"""ControlNet: nothing at the start, to the bit; the copy alone is trained; a control reaches its own frame; what is saved is the ControlNet."""

from dataclasses import replace

import pytest
import torch

from minivid.adapt.controlnet import (
    KINDS,
    Controlled,
    ControlNet,
    ControlNetConfig,
    control_of,
    controlled,
    copied,
    edges,
)
from minivid.adapt.inflate import Method, inflated
from minivid.checkpoint import CheckpointError, load_into, read, weights_of, write
from minivid.data.world import World
from minivid.diffusion.guidance import guided
from minivid.nn import Cond, UNet, UNetConfig
from minivid.nn.attention import keys

CONFIG = UNetConfig(channels=3, widths=(16, 32), heads=2, vocabulary=34, dim_text=16, temporal=False)
LEVEL = torch.tensor([0.5, -2.0])
WORDS = Cond(torch.tensor([[1, 2, 3], [4, 5, 0]]), torch.tensor([[True, True, True], [True, True, False]]))
Z = torch.randn(2, 3, 4, 8, 8, generator=torch.Generator().manual_seed(0))
CONTROL = torch.rand(2, 2, 4, 8, 8, generator=torch.Generator().manual_seed(1))
TOLD = replace(WORDS, control=CONTROL)


def shaken(network):
    """No weight is zero."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network


@pytest.fixture
def image():
    return shaken(UNet(CONFIG)).requires_grad_(False)


@torch.no_grad()
def of(model, z=Z, cond=TOLD):
    return model(z, LEVEL[: len(z)], cond)


def test_it_begins_as_the_image_model_to_the_bit(image):
    assert torch.equal(of(Controlled(image, copied(image))), of(image, cond=WORDS))


def test_the_copy_is_the_image_models_way_down(image):
    control, whole = weights_of(copied(image)), weights_of(image)
    shared = control.keys() & whole.keys()
    assert {name.split(".")[0] for name in shared} == {"conv_in", "down"}
    assert all(torch.equal(control[name], whole[name]) for name in shared)
    assert {name.split(".")[0] for name in control.keys() - shared} == {"hint_in", "hint_out", "zeros"}


def test_without_a_control_or_at_strength_0_it_is_the_image_model_to_the_bit(image):
    control = shaken(copied(image))
    assert torch.equal(of(Controlled(image, control), cond=WORDS), of(image, cond=WORDS))
    assert torch.equal(of(Controlled(image, control, strength=0)), of(image, cond=WORDS))
    assert not torch.equal(of(Controlled(image, control, strength=0.5)), of(image, cond=WORDS))


def test_the_first_gradient_reaches_the_zero_convolutions_and_nothing_before_them(image):
    """y = W h + b with W = 0: ∂/∂W is made of h, ∂/∂h of W (Zhang et al. 2023, sec. 3.1)."""
    control = copied(image)
    model = Controlled(image, control)
    (model(Z, LEVEL, TOLD) - 1).square().mean().backward()
    moved = {name for name, weight in control.named_parameters() if weight.grad is not None and weight.grad.any()}
    assert moved == {f"zeros.{i}.{part}" for i in range(3) for part in ("weight", "bias")}
    assert all(weight.grad is None for weight in image.parameters())


def test_after_one_step_the_copy_learns_too_and_the_image_model_never(image):
    control, before = copied(image), {name: weight.clone() for name, weight in weights_of(image).items()}
    model = Controlled(image, control)
    optimizer = torch.optim.SGD(control.parameters(), lr=0.1)
    moved = set()
    for _ in range(3):
        optimizer.zero_grad()
        (model(Z, LEVEL, TOLD) - 1).square().mean().backward()
        moved |= {name for name, weight in control.named_parameters() if weight.grad is not None and weight.grad.any()}
        optimizer.step()
    assert moved == {name for name, _ in control.named_parameters()}
    assert all(torch.equal(weight, before[name]) for name, weight in weights_of(image).items())


@pytest.mark.parametrize(
    ("policy", "reached"), [(keys.itself, [2]), (keys.first_frame, [2]), (keys.all_frames, [0, 1, 2, 3])]
)
def test_a_frames_control_reaches_whom_the_policy_lets_it_reach(image, policy, reached):
    model = controlled(image, shaken(copied(image)), policy)
    other = CONTROL.clone()
    other[:, :, 2] = 1 - other[:, :, 2]
    change = (of(model, cond=replace(TOLD, control=other)) - of(model)).abs().amax((0, 1, 3, 4))
    assert change.gt(1e-6).nonzero().flatten().tolist() == reached


def test_the_first_frames_control_reaches_all_that_look_at_it(image):
    model = controlled(image, shaken(copied(image)), keys.first_frame)
    other = CONTROL.clone()
    other[:, :, 0] = 1 - other[:, :, 0]
    change = (of(model, cond=replace(TOLD, control=other)) - of(model)).abs().amax((0, 1, 3, 4))
    assert (change > 1e-6).all()


@pytest.mark.parametrize("policy", [keys.first_frame, keys.first_and_previous, keys.all_frames, keys.key_frames(0)])
def test_on_one_frame_every_policy_is_plain_attention(image, policy):
    control = shaken(copied(image))
    one = replace(WORDS, control=CONTROL[:, :, :1])
    plain = of(Controlled(image, control), Z[:, :, :1], one)
    torch.testing.assert_close(of(controlled(image, control, policy), Z[:, :, :1], one), plain)


def test_guidance_takes_the_caption_away_and_leaves_the_control(image):
    model = Controlled(image, shaken(copied(image)))
    silent = Cond(control=CONTROL)
    torch.testing.assert_close(of(guided(model, 0.0)), of(model, cond=silent))
    torch.testing.assert_close(
        of(guided(model, 3.0)), of(model, cond=silent) + 3 * (of(model) - of(model, cond=silent))
    )


def test_the_control_net_is_saved_alone_and_loaded_by_name(image, tmp_path):
    control = shaken(copied(image))
    write(tmp_path / "control.safetensors", weights_of(control), {})
    again = ControlNetConfig(channels=3, widths=(16, 32), heads=2, vocabulary=34, dim_text=16).build()
    load_into(again, read(tmp_path / "control.safetensors")[0])
    assert torch.equal(of(Controlled(image, again)), of(Controlled(image, control)))


def test_what_does_not_fit_is_refused_in_a_sentence(image):
    control = copied(image)
    with pytest.raises(ValueError, match="widths"):
        Controlled(UNet(replace(CONFIG, widths=(16, 48))), control)
    with pytest.raises(CheckpointError, match="another configuration"):
        from minivid.adapt.controlnet import load_copy

        load_copy(control, UNet(replace(CONFIG, widths=(16, 48))))
    with pytest.raises(ValueError, match=r"expected a control of \(2, 2, 4, 8, 8\)"):
        of(Controlled(image, control), cond=replace(WORDS, control=CONTROL[:, :, :1]))
    with pytest.raises(ValueError, match="no ControlNet beside it"):
        of(image)
    with pytest.raises(ValueError, match="without time"):
        copied(UNet(replace(CONFIG, temporal=True)))
    with pytest.raises(ValueError, match="without time"):
        Controlled(UNet(replace(CONFIG, temporal=True)), control)
    with pytest.raises(ValueError, match="without time"):
        controlled(inflated(image, Method.VIDEO_LDM), control)
    with pytest.raises(ValueError, match="temporal must be False"):
        ControlNetConfig(temporal=True)
    with pytest.raises(ValueError, match="hints is 0"):
        ControlNetConfig(hints=0)


def test_more_blocks_have_more_zero_convolutions():
    image = shaken(UNet(replace(CONFIG, blocks=2))).requires_grad_(False)
    control = copied(image)
    assert isinstance(control, ControlNet) and len(control.zeros) == 5
    assert torch.equal(of(Controlled(image, control)), of(image, cond=WORDS))


@pytest.fixture
def moving(image):
    """The image model with a motion module that does something."""
    network = inflated(image, Method.ANIMATEDIFF)
    generator = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for name in network.trained():
            weight = network.get_parameter(name)
            weight.copy_(torch.randn(weight.shape, generator=generator) / max(1, weight[0].numel()) ** 0.5)
    return network.requires_grad_(False)


@pytest.mark.parametrize("join", [Controlled, controlled])
def test_with_a_motion_module_it_is_the_inflated_model_without_a_control_at_strength_0_and_at_the_start(
    image, moving, join
):
    control = shaken(copied(image))
    alone = of(moving, cond=WORDS)
    assert not torch.equal(alone, of(image, cond=WORDS))
    assert torch.equal(of(join(moving, control), cond=WORDS), alone)
    assert torch.equal(of(join(moving, control, strength=0)), alone)
    assert torch.equal(of(join(moving, copied(image))), alone)
    assert not torch.equal(of(join(moving, control)), alone)


def test_a_module_that_does_nothing_yet_leaves_each_frame_as_its_control_made_it(image):
    control = shaken(copied(image))
    begun = inflated(image, Method.ANIMATEDIFF)
    torch.testing.assert_close(of(controlled(begun, control)), of(controlled(image, control)))


def test_beside_a_motion_module_the_control_net_sees_pictures(image, moving):
    """What it adds is what it adds beside the image model: frame by frame, and of no frame's number."""
    control, added = shaken(copied(image)), []

    def kept(*given):
        added.append(control(*given[1:]))
        return added[-1]

    for network in (image, moving):
        of(Controlled(network, control, beside=kept))
    assert all(torch.equal(mine, theirs) for mine, theirs in zip(*added, strict=True))
    of(Controlled(moving, control, beside=kept), Z.flip(2), replace(TOLD, control=CONTROL.flip(2)))
    for forwards, backwards in zip(added[1], added[2], strict=True):
        torch.testing.assert_close(backwards, forwards.flip(2))


def test_a_frames_control_reaches_all_frames_through_the_module(image, moving):
    other = CONTROL.clone()
    other[:, :, 2] = 1 - other[:, :, 2]
    model = controlled(moving, shaken(copied(image)))
    change = (of(model, cond=replace(TOLD, control=other)) - of(model)).abs().amax((0, 1, 3, 4))
    assert (change > 1e-6).all() and change.argmax() == 2


def test_an_edge_is_where_brightness_steps_and_the_border_is_none():
    picture = torch.zeros(1, 6, 8)
    picture[..., 4:] = 1.0
    found = edges(picture)
    assert (found[..., 3:5] == 1).all() and found[..., :3].sum() == found[..., 5:].sum() == 0
    assert edges(torch.ones(2, 5, 5)).sum() == 0


def test_a_control_is_of_the_digits_and_not_of_their_background():
    plain, ground = (World(frames=3, colour=True, background=kind, digits=2) for kind in ("black", "gradient"))
    clips, others = plain.sample(2, 0), ground.sample(2, 0)
    assert torch.equal(control_of(clips, *KINDS), control_of(others, *KINDS))
    edge, mask = control_of(clips, *KINDS).unbind(1)
    torch.testing.assert_close(mask, 1 - clips.mask[:, -1], atol=1e-5, rtol=0)
    assert edge.min() >= 0 and edge.max() <= 1
    only = control_of(clips, "edges")
    assert torch.equal(only[:, 0], edge) and not only[:, 1].any()
    with pytest.raises(ValueError, match="expected one or both of edges, mask"):
        control_of(clips, "depth")
