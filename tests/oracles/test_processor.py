"""The policies in diffusers' U-Net, against the processor of diffusers' own Text2Video-Zero pipeline."""

import sys

import pytest
import torch

from minivid.adapt.processor import LookingAt
from minivid.nn.attention import keys
from minivid.tools.compat import import_torchvision

pytest.importorskip("diffusers")
pytest.importorskip("transformers")

CLIPS, FRAMES = 2, 3  # with guidance and without, of one film: diffusers' order


@pytest.fixture(scope="module")
def theirs():
    import_torchvision()
    from diffusers import TextToVideoZeroPipeline

    return sys.modules[TextToVideoZeroPipeline.__module__]


@pytest.fixture
def unet(theirs):
    from diffusers import UNet2DConditionModel

    torch.manual_seed(0)
    return UNet2DConditionModel(
        sample_size=8,
        in_channels=4,
        out_channels=4,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        block_out_channels=(8, 16),
        layers_per_block=1,
        norm_num_groups=4,
        cross_attention_dim=8,
        attention_head_dim=4,
    ).eval()


@torch.no_grad()
def said(unet, z: torch.Tensor) -> torch.Tensor:
    words = torch.randn(1, 5, 8, generator=torch.Generator().manual_seed(1)).expand(len(z), -1, -1)
    return unet(z, torch.tensor(300), words).sample


def noise() -> torch.Tensor:
    return torch.randn(CLIPS * FRAMES, 4, 8, 8, generator=torch.Generator().manual_seed(0))


def test_with_the_first_frames_keys_it_says_what_their_processor_does(unet, theirs):
    unet.set_attn_processor(theirs.CrossFrameAttnProcessor2_0(batch_size=CLIPS))
    expected = said(unet, noise())
    unet.set_attn_processor(LookingAt(keys.first_frame, FRAMES))
    torch.testing.assert_close(said(unet, noise()), expected, rtol=1e-5, atol=1e-6)


def test_with_its_own_keys_it_is_the_plain_network(unet):
    expected = said(unet, noise())
    unet.set_attn_processor(LookingAt(keys.itself, FRAMES))
    torch.testing.assert_close(said(unet, noise()), expected, rtol=1e-5, atol=1e-6)


def test_it_has_an_effect_on_every_frame_but_a_clips_first(unet):
    plain = said(unet, noise())
    unet.set_attn_processor(LookingAt(keys.first_frame, FRAMES))
    change = (said(unet, noise()) - plain).abs().amax((1, 2, 3)).unflatten(0, (CLIPS, FRAMES))
    assert (change[:, 0] < 1e-6).all() and (change[:, 1:] > 1e-4).all()


@pytest.mark.parametrize(
    ("policy", "reached"), [(keys.first_frame, [0, 1, 2]), (keys.itself, [0]), (keys.first_and_previous, [0, 1, 2])]
)
def test_a_first_frame_reaches_the_frames_of_its_own_clip_alone(unet, policy, reached):
    unet.set_attn_processor(LookingAt(policy, FRAMES))
    other = noise()
    other[FRAMES] += 1  # the second clip's first frame
    change = (said(unet, other) - said(unet, noise())).abs().amax((1, 2, 3)) > 1e-6
    assert change.nonzero().flatten().tolist() == [FRAMES + frame for frame in reached]


def test_a_batch_that_is_no_whole_number_of_clips_is_refused(unet):
    unet.set_attn_processor(LookingAt(keys.first_frame, 4))
    with pytest.raises(ValueError, match="no whole number of clips"):
        said(unet, noise())


def test_attention_with_a_norm_of_its_own_is_refused():
    from diffusers.models.attention_processor import Attention

    attention = Attention(8, heads=2, dim_head=4, norm_num_groups=2, processor=LookingAt(keys.first_frame, 2))
    with pytest.raises(ValueError, match="norm of its own"):
        attention(torch.randn(2, 3, 8))
