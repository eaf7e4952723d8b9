"""Stable Diffusion and AnimateDiff's published layout against diffusers: its pipeline's words and noise, its reader of the file, its motion U-Net."""

import json
import shutil

import pytest
import torch
from torch import nn

from minivid.diffusion.guidance import guided
from minivid.diffusion.samplers import predict

pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from minivid.adapt.stable import public_weights, read_motion, stable_diffusion, stand_in
from minivid.adapt.stable.stand_in import MOTION

FRAMES, STEP = 3, 250


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return stand_in(tmp_path_factory.mktemp("stable"))


def latents(frames=FRAMES):
    return torch.randn(1, 4, frames, 8, 8, generator=torch.Generator().manual_seed(0))


def level_of(stable, step):
    """The log-SNR at a time step, one clip's."""
    return torch.logit(stable.network.roots[step] ** 2).float()[None]


@torch.no_grad()
def test_guided_it_says_what_stable_diffusions_pipeline_does(folder):
    from diffusers import DDIMScheduler, StableDiffusionPipeline

    stable = stable_diffusion(folder, device="cpu")
    parts = {"vae": stable.vae, "text_encoder": stable.network.text, "tokenizer": stable.tokenizer}
    pipe = StableDiffusionPipeline(
        **parts, unet=stable.network.unet, scheduler=DDIMScheduler(steps_offset=1, clip_sample=False),
        safety_checker=None, feature_extractor=None, requires_safety_checker=False,
    )  # fmt: skip
    words, nothing = pipe.encode_prompt("a horse", "cpu", 1, True)
    z = latents(1)
    # their order: without words first, then with them
    theirs_u, theirs_c = pipe.unet(
        z[:, :, 0].repeat(2, 1, 1, 1), torch.tensor(STEP), encoder_hidden_states=torch.cat([nothing, words])
    ).sample.chunk(2)
    ours = guided(stable.network, 7.5)(z, level_of(stable, STEP), stable.cond(["a horse"]))
    torch.testing.assert_close(ours[:, :, 0], theirs_u + 7.5 * (theirs_c - theirs_u), rtol=1e-3, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("says", ["epsilon", "v_prediction", "sample"])
@pytest.mark.parametrize("step", [3, STEP, 900])
def test_what_it_means_is_what_diffusers_takes_it_for(folder, tmp_path, says, step):
    """x̂ of the same output, by the scheduler that reads the same file."""
    from diffusers import DDIMScheduler

    shutil.copytree(folder, tmp_path / "other")
    file = tmp_path / "other" / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "prediction_type": says}), encoding="utf-8")
    stable = stable_diffusion(tmp_path / "other", device="cpu")
    scheduler = DDIMScheduler.from_pretrained(tmp_path / "other", subfolder="scheduler", clip_sample=False)
    scheduler.set_timesteps(1000)
    z, level = latents(), level_of(stable, step)
    x_hat, _ = predict(stable.network, z, level, stable.schedule, stable.objective)
    theirs = scheduler.step(stable.network(z, level), step, z)
    torch.testing.assert_close(x_hat, theirs.pred_original_sample, rtol=1e-3, atol=1e-3)


@torch.no_grad()
@pytest.mark.parametrize("middle", [True, False])
def test_with_motion_it_is_diffusers_motion_unet_that_read_the_same_file(folder, tmp_path, middle, monkeypatch):
    """All but the norm before a module, which theirs pools over time: it stands in the place of ours. Version 2 has a module in the middle, 1 and 3 none."""
    from diffusers import MotionAdapter, UNetMotionModel
    from diffusers.loaders.single_file_utils import convert_animatediff_checkpoint_to_diffusers

    published = public_weights(
        {place: module for place, module in read_motion(folder / MOTION).items() if middle or "mid_block" not in place}
    )
    torch.save(published, tmp_path / "mm.ckpt")
    ours = stable_diffusion(folder, tmp_path / "mm.ckpt", device="cpu")
    assert len(ours.network.motion) == 20 + middle
    unet = ours.network.unet
    adapter = MotionAdapter(
        block_out_channels=unet.config.block_out_channels,
        motion_layers_per_block=2,
        motion_num_attention_heads=8,
        motion_norm_num_groups=32,
        motion_max_seq_length=32,
        use_motion_mid_block=middle,
    )
    missing, unexpected = adapter.load_state_dict(convert_animatediff_checkpoint_to_diffusers(published), strict=False)
    assert not unexpected and all("pos_embed" in name for name in missing)  # that they make anew
    plain = stable_diffusion(folder, device="cpu").network.unet
    theirs = UNetMotionModel.from_unet2d(plain, adapter).eval()

    words = ours.network.words(ours.cond(["a horse"]), 1)
    z, level = latents(), level_of(ours, STEP)
    expected = theirs(z, torch.tensor(STEP), encoder_hidden_states=words.repeat_interleave(FRAMES, 0)).sample
    assert (ours.network(z, level, ours.cond(["a horse"])) - expected).abs().max() > 5e-2, (
        "a norm a frame is another function"
    )
    for module in ours.network.motion:
        module.norm = module.norm.norm  # PyTorch's own, which over b c t h w pools over time
    step = torch.tensor(STEP)
    monkeypatch.setattr(ours.network, "timestep", lambda _: step[None].float())  # else found from λ, and rounded
    ours.network.double(), theirs.double()  # single precision rounds these random weights to a thousandth
    expected = theirs(z.double(), step, encoder_hidden_states=words.double().repeat_interleave(FRAMES, 0)).sample
    said = ours.network(z.double(), level, ours.cond(["a horse"]))
    torch.testing.assert_close(said, expected, rtol=0, atol=1e-4)


@torch.no_grad()
def test_without_a_last_layer_it_is_the_image_model_as_theirs_is(folder, tmp_path):
    from diffusers import MotionAdapter, UNetMotionModel

    plain = stable_diffusion(folder, device="cpu")
    adapter = MotionAdapter(
        block_out_channels=plain.network.unet.config.block_out_channels, motion_num_attention_heads=8
    )
    for name, weight in adapter.named_parameters():
        if "proj_out" in name:
            nn.init.zeros_(weight)
    theirs = UNetMotionModel.from_unet2d(plain.network.unet, adapter).eval()
    words = plain.network.words(plain.cond(["a horse"]), 1)
    expected = theirs(latents(), torch.tensor(STEP), encoder_hidden_states=words.repeat_interleave(FRAMES, 0)).sample
    said = plain.network(latents(), level_of(plain, STEP), plain.cond(["a horse"]))
    torch.testing.assert_close(said, expected, rtol=1e-3, atol=1e-3)
