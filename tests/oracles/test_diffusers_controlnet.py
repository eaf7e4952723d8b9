"""What our ControlNet does at its start, diffusers' ControlNetModel does too, on a small random network."""

import pytest
import torch

from minivid.tools.compat import import_torchvision

pytest.importorskip("diffusers")

WORDS = torch.randn(2, 5, 8, generator=torch.Generator().manual_seed(1))
Z = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
PICTURE = torch.rand(2, 2, 64, 64, generator=torch.Generator().manual_seed(2))


@pytest.fixture
def theirs():
    import_torchvision()
    from diffusers import ControlNetModel, UNet2DConditionModel

    torch.manual_seed(0)
    unet = UNet2DConditionModel(
        sample_size=8,
        in_channels=3,
        out_channels=3,
        down_block_types=("CrossAttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "CrossAttnUpBlock2D"),
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        cross_attention_dim=8,
        attention_head_dim=4,
    )
    control = ControlNetModel.from_unet(unet, conditioning_channels=2, conditioning_embedding_out_channels=(8, 8, 8, 8))
    return unet.requires_grad_(False), control


def said(unet, control, strength: float = 1.0) -> torch.Tensor:
    time = torch.tensor(300)
    down, middle = control(Z, time, WORDS, PICTURE, conditioning_scale=strength, return_dict=False)
    added = {"down_block_additional_residuals": down, "mid_block_additional_residual": middle}
    return unet(Z, time, WORDS, **added).sample


def moved(model: torch.nn.Module) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.grad is not None and weight.grad.any()}


def test_theirs_begins_as_its_image_model(theirs):
    unet, control = theirs
    assert torch.equal(said(unet, control), unet(Z, torch.tensor(300), WORDS).sample)


def test_their_first_gradient_too_is_the_zero_convolutions_alone(theirs):
    unet, control = theirs
    (said(unet, control) - 1).square().mean().backward()
    first = moved(control)
    assert {name.split(".")[0] for name in first} == {"controlnet_down_blocks", "controlnet_mid_block"}
    with torch.no_grad():
        for name, weight in control.named_parameters():
            if name in first:
                weight -= 0.1 * weight.grad
    control.zero_grad()
    (said(unet, control) - 1).square().mean().backward()
    assert "controlnet_cond_embedding.conv_out.weight" in moved(control) - first
    assert "controlnet_cond_embedding.conv_in.weight" not in moved(control)  # behind another zero: a step later


def test_at_strength_0_theirs_is_the_image_model_whatever_it_learnt(theirs):
    unet, control = theirs
    with torch.no_grad():
        for weight in control.parameters():
            weight += 0.1
    plain = unet(Z, torch.tensor(300), WORDS).sample
    assert torch.equal(said(unet, control, 0.0), plain) and not torch.equal(said(unet, control), plain)
