"""Stable Diffusion in the course's terms, at random weights in its own files: what is said, who looks where, and that every wrong file is a sentence."""

import json
import shutil

import pytest
import torch
from torch import nn

from minivid.adapt.layers import MotionModule
from minivid.adapt.zeroshot import motion_field, zero_shot
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Objective
from minivid.diffusion.samplers import ddim, sample
from minivid.nn import Cond
from minivid.nn.attention import keys

pytest.importorskip("diffusers")
pytest.importorskip("transformers")

from minivid.adapt.stable import MotionFileError, public_weights, read_motion, stable_diffusion, stand_in
from minivid.adapt.stable.loading import file_of, network, subject
from minivid.adapt.stable.stand_in import MOTION, SUBJECT

FRAMES = 3
LEVEL = torch.tensor([0.5, -1.0])
TWO = ["a horse", "a boat at sea"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return stand_in(tmp_path_factory.mktemp("stable"))


@pytest.fixture
def stable(folder):
    return stable_diffusion(folder, device="cpu")


@pytest.fixture(scope="module")
def moving(folder):
    return stable_diffusion(folder, folder / MOTION, device="cpu")


@pytest.fixture(scope="module")
def weights(folder):
    return torch.load(folder / MOTION, weights_only=True)


def latents(frames=FRAMES, clips=2, seed=0):
    return torch.randn(clips, 4, frames, 8, 8, generator=torch.Generator().manual_seed(seed))


@torch.no_grad()
def said(stable, z, cond=None, level=LEVEL):
    return stable.network(z, level[: len(z)], cond)


def reached(stable, frame):
    """The frames of the output that change when one frame of the input's first clip does: clips by frames."""
    other = latents()
    other[0, :, frame] += 1.0
    change = (said(stable, other) - said(stable, latents())).abs().amax((1, 3, 4))
    return [[t for t in range(FRAMES) if row[t] > 1e-5] for row in change]


def test_the_stand_in_leaves_torchs_generator_alone_and_is_the_same_each_time(tmp_path):
    state = torch.get_rng_state()
    one, two = (stable_diffusion(stand_in(tmp_path / name), device="cpu") for name in "ab")
    assert torch.equal(torch.get_rng_state(), state)
    torch.testing.assert_close(said(one, latents()), said(two, latents()), rtol=0, atol=0)


@pytest.mark.parametrize("motion", [False, True])
@pytest.mark.parametrize("step", [0, 1, 250, 998, 999])
def test_a_level_is_told_as_the_step_that_has_it(stable, moving, motion, step):
    found = moving if motion else stable
    level = torch.logit(found.network.roots[step] ** 2).float()
    assert found.network.timestep(level[None]).item() == pytest.approx(step, abs=0.02)


@pytest.mark.parametrize("motion", [False, True])
@pytest.mark.parametrize("step", [0, 250, 600.5, 999])
def test_its_own_schedule_at_a_step_is_told_as_that_step(stable, moving, motion, step):
    """One table for both: by another the network would be told of another step than it draws at."""
    found = moving if motion else stable
    level = found.schedule.logsnr(torch.tensor(step / 999))
    assert found.network.timestep(level[None]).item() == pytest.approx(step, abs=0.05)


@pytest.mark.parametrize(("motion", "kind"), [(False, "scaled_linear"), (True, "linear")])
def test_the_tables_are_diffusers(stable, moving, motion, kind):
    from diffusers import DDIMScheduler

    theirs = DDIMScheduler(beta_start=0.00085, beta_end=0.012, beta_schedule=kind).alphas_cumprod
    found = moving if motion else stable
    torch.testing.assert_close(found.network.roots.float() ** 2, theirs, rtol=1e-4, atol=1e-5)


def told(folder, where, **config):
    """A copy of the model whose scheduler's file says something else; of None nothing."""
    shutil.copytree(folder, where)
    file = where / "scheduler" / "scheduler_config.json"
    kept = {**json.loads(file.read_text(encoding="utf-8")), **config}
    file.write_text(json.dumps({name: value for name, value in kept.items() if value is not None}), encoding="utf-8")
    return where


@pytest.mark.parametrize(
    ("says", "objective"), [(None, "eps"), ("epsilon", "eps"), ("v_prediction", "v"), ("sample", "x")]
)
def test_what_it_says_its_schedulers_file_tells(folder, tmp_path, says, objective):
    other = stable_diffusion(told(folder, tmp_path / "other", prediction_type=says), device="cpu")
    assert other.objective is Objective(objective)


def test_the_levels_are_those_of_its_schedulers_file(folder, tmp_path, stable):
    other = stable_diffusion(told(folder, tmp_path / "other", beta_end=0.02), device="cpu")
    assert other.schedule.logsnr(torch.tensor(1.0)) < stable.schedule.logsnr(torch.tensor(1.0)) - 1
    assert other.network.timestep(other.schedule.logsnr(torch.tensor(0.5))[None]).item() == pytest.approx(
        499.5, abs=0.05
    )


@pytest.mark.parametrize(
    "config",
    [{"prediction_type": "flow_prediction"}, {"_class_name": "FlowMatchEulerDiscreteScheduler", "beta_schedule": None}],
)
def test_a_scheduler_of_something_else_is_a_sentence(folder, tmp_path, config):
    with pytest.raises(ValueError, match=r"is no Stable Diffusion 1\.x: its scheduler is .* expected a beta_schedule"):
        stable_diffusion(told(folder, tmp_path / "other", **config), device="cpu")


def test_noise_is_its_generators(stable):
    one, two, other = (stable.noise(1, 2, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one, two) and not torch.equal(one, other)


def test_animatediff_has_a_schedule_of_its_own(stable, moving):
    middle = torch.tensor(0.5)
    assert moving.schedule.logsnr(middle) < stable.schedule.logsnr(middle) - 0.5


def test_levels_beyond_the_table_are_its_ends(stable):
    assert stable.network.timestep(torch.tensor([20.0, -20.0])).tolist() == [0.0, 999.0]


def test_frames_are_pictures_until_they_are_made_to_look(stable):
    assert reached(stable, 0) == [[0], []]
    stable.network.look(keys.first_frame)
    assert reached(stable, 0) == [[0, 1, 2], []] and reached(stable, 1) == [[1], []]
    stable.network.look(keys.itself)
    assert reached(stable, 0) == [[0], []]


def test_a_motion_module_joins_all_frames_of_its_own_clip(moving):
    assert reached(moving, 1) == [[0, 1, 2], []]


@pytest.mark.parametrize("place", ["down_blocks.0.motion_modules.1", "down_blocks.3.motion_modules.0", "mid_block.motion_modules.0", "up_blocks.0.motion_modules.2", "up_blocks.3.motion_modules.2"])  # fmt: skip
def test_each_place_has_an_effect(folder, weights, tmp_path, place):
    alone = {
        name: w if name.startswith(f"{place}.") or ".proj_out." not in name else 0 * w for name, w in weights.items()
    }
    torch.save(alone, tmp_path / "one.ckpt")
    one = stable_diffusion(folder, tmp_path / "one.ckpt", device="cpu")
    assert reached(one, 1) == [[0, 1, 2], []]


def test_modules_that_end_in_zero_leave_the_image_model(folder, weights, tmp_path, stable):
    silent = {name: torch.zeros_like(w) if ".proj_out." in name else w for name, w in weights.items()}
    torch.save(silent, tmp_path / "zero.ckpt")
    zero = stable_diffusion(folder, tmp_path / "zero.ckpt", device="cpu")
    stable.network.roots = zero.network.roots  # else one level would be two time steps
    torch.testing.assert_close(said(zero, latents()), said(stable, latents()), rtol=1e-4, atol=1e-4)


def test_an_absent_caption_is_the_empty_one_for_each_clip_by_itself(stable):
    cond, z = stable.cond(TWO), latents()
    both, none = said(stable, z, cond), said(stable, z)
    half = said(stable, z, cond.keep(torch.tensor([True, False])))
    torch.testing.assert_close(half, torch.stack([both[0], none[1]]), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(said(stable, z, stable.cond(["", ""])), none, rtol=1e-5, atol=1e-5)
    assert (both - none).abs().max() > 1e-3


def test_a_long_caption_is_cut_to_what_clip_reads(stable):
    assert stable.cond(["x" * 500]).tokens.shape == (1, 77)


def test_what_it_cannot_be_told_is_a_sentence(stable):
    with pytest.raises(ValueError, match=r"make them by `Stable\.cond"):
        said(stable, latents(), Cond(torch.ones(2, 5, dtype=torch.long), torch.ones(2, 5, dtype=torch.bool)))
    with pytest.raises(ValueError, match="cannot read images"):
        said(stable, latents(), Cond(images=1))
    with pytest.raises(ValueError, match="cannot read control, numbers"):
        said(stable, latents(), Cond(control=torch.zeros(2, 1, FRAMES, 8, 8), numbers=torch.zeros(2, 1)))


@pytest.mark.usefixtures("as_in_a_notebook")
def test_what_are_no_latents_is_a_sentence(stable):
    for z, level in ((latents()[:, :3], LEVEL), (latents()[:, :, 0], LEVEL), (latents(), LEVEL[:1])):
        with pytest.raises(ValueError, match="expected clips"):
            stable.network(z, level)


@torch.no_grad()
def test_zero_shot_without_motion_or_fresh_noise_gives_identical_frames(stable, folder):
    stable.network.look(keys.first_frame)
    model, cond = guided(stable.network, 7.5), stable.cond(TWO[:1])
    draw = lambda by, turn, **more: sample(  # noqa: E731
        zero_shot(
            model, latents(1, 1), stable.schedule, stable.objective, by, 5, turn, cond,
            generator=torch.Generator().manual_seed(1), **more,
        )
    )  # fmt: skip
    still = draw(motion_field((0, 0), FRAMES), (2, 2))
    torch.testing.assert_close(still, still[:, :, :1].expand_as(still), rtol=1e-4, atol=1e-4)
    film = draw(motion_field((2, 0), FRAMES), (1, 3))
    assert (film - film[:, :, :1])[:, :, 1:].abs().amax((1, 3, 4)).min() > 1e-2
    whole = subject(stable, "a horse", folder / SUBJECT)
    smooth = draw(motion_field((2, 0), FRAMES), (1, 3), smooth=(3, 0.6), foreground=whole)
    assert torch.isfinite(smooth).all()


def test_pictures_go_to_latents_and_back_frame_by_frame(stable):
    z = latents()
    video = stable.decode(z)
    assert video.shape == (2, 3, FRAMES, 64, 64) and video.abs().max() <= 1
    torch.testing.assert_close(stable.decode(z[:1, :, 1:2]), video[:1, :, 1:2], rtol=1e-4, atol=1e-4)
    assert stable.encode(video).shape == z.shape
    scale = stable.vae.config.scaling_factor
    expected = stable.vae.decode(z[:1, :, 1] / scale).sample.clamp(-1, 1)
    torch.testing.assert_close(video[:1, :, 1], expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        stable.encode(video)[0, :, 1],
        scale * stable.vae.encode(video[:1, :, 1]).latent_dist.mean[0],
        rtol=1e-4,
        atol=1e-4,
    )


def test_the_subject_is_where_the_finder_says_so(stable, folder):
    found, asked = subject(stable, "a horse", folder / SUBJECT), {}

    class OnePixel(nn.Module):
        """Sure by a half, hardly, of one pixel in the right half."""

        dtype = torch.float32

        def forward(self, pixel_values, input_ids, attention_mask):
            asked.update(pixels=pixel_values, words=input_ids)
            logits = torch.full((len(pixel_values), 352, 352), -5.0)
            logits[:, 200, 300] = torch.logit(torch.tensor(0.45))
            return type("Output", (), {"logits": logits})

    mask = type(found)(stable, OnePixel(), found.tokenizer, "a horse")(latents())
    assert mask.shape == (2, 1, FRAMES, 8, 8) and (mask.sum((3, 4)) == 1).all()
    assert (mask[..., 200 // 44, 300 // 44] == 1).all()
    assert not type(found)(stable, OnePixel(), found.tokenizer, "a horse", threshold=0.5)(latents()).any()
    assert asked["words"][0].tolist() == found.tokenizer("a horse").input_ids
    picture = (stable.decode(latents())[0, :, 0] + 1) / 2
    channel = (picture.mean((1, 2)) - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    torch.testing.assert_close(asked["pixels"][0].mean((1, 2)), channel, rtol=0.02, atol=0.02)
    assert set(found(latents()).unique().tolist()) <= {0.0, 1.0}


def test_a_film_by_a_motion_module_is_drawn_by_the_courses_sampler(moving):
    film = sample(ddim(guided(moving.network, 7.5), latents(), moving.schedule, moving.objective, 2, moving.cond(TWO)))
    assert film.shape == (2, 4, FRAMES, 8, 8) and torch.isfinite(film).all()


def test_past_its_length_it_says_so(moving):
    with pytest.raises(ValueError, match="counts 32 frames, but the clip has 33"):
        said(moving, latents(33, 1))


def test_what_was_read_is_what_is_written(folder, weights, tmp_path):
    again = public_weights(read_motion(folder / MOTION))
    assert again.keys() == weights.keys()
    for name, tensor in weights.items():
        torch.testing.assert_close(again[name], tensor, rtol=0, atol=1e-6)


def test_a_trainings_file_in_half_precision_is_read_too(weights, tmp_path):
    wrapped = {f"module.{name}": tensor.half() for name, tensor in weights.items()}
    torch.save({"epoch": 1, "state_dict": {**wrapped, "module.conv_in.weight": torch.zeros(3)}}, tmp_path / "run.ckpt")
    modules = read_motion(tmp_path / "run.ckpt")
    assert len(modules) == 21 and all(isinstance(module, MotionModule) for module in modules.values())
    one = modules["mid_block.motion_modules.0"]
    expected = weights["mid_block.motion_modules.0.temporal_transformer.proj_in.weight"]
    torch.testing.assert_close(one.proj_in.weight, expected, rtol=1e-2, atol=1e-3)


@pytest.mark.parametrize("name", ["v3.safetensors", "v3.ckpt"])
def test_safetensors_are_read_by_any_name_and_the_length_is_the_files(weights, tmp_path, name):
    from safetensors.torch import save_file

    short = {name: w[:, :16].contiguous() if name.endswith("pos_encoder.pe") else w for name, w in weights.items()}
    save_file(short, tmp_path / name)
    assert {module.longest for module in read_motion(tmp_path / name).values()} == {16}


def test_version_1_is_refused(weights, tmp_path):
    first = {name: w[:, :24] if name.endswith("pos_encoder.pe") else w for name, w in weights.items()}
    torch.save(first, tmp_path / "mm_sd_v15.ckpt")
    with pytest.raises(MotionFileError, match="as version 1 of AnimateDiff does"):
        read_motion(tmp_path / "mm_sd_v15.ckpt")


def test_the_norm_is_the_published_one(folder):
    for module in read_motion(folder / MOTION).values():
        assert (module.norm.norm.num_groups, module.norm.norm.eps) == (32, 1e-6)


LEFT_OUT = {
    "down_blocks.0.motion_modules.1": "down_blocks.0.motion_modules.1 is not among them",
    "up_blocks": "up_blocks.0.motion_modules.0, up_blocks.0.motion_modules.1, up_blocks.0.motion_modules.2 are not",
    "mid_block": None,
}


@pytest.mark.parametrize("place", LEFT_OUT)
def test_a_place_that_is_left_out_is_a_sentence_but_for_the_middle(folder, weights, tmp_path, place):
    torch.save({name: w for name, w in weights.items() if not name.startswith(place)}, tmp_path / "part.ckpt")
    if LEFT_OUT[place] is None:
        assert len(stable_diffusion(folder, tmp_path / "part.ckpt", device="cpu").network.motion) == 20
        return
    with pytest.raises(ValueError, match=LEFT_OUT[place]):
        stable_diffusion(folder, tmp_path / "part.ckpt", device="cpu")


FIRST = "down_blocks.0.motion_modules.0.temporal_transformer."
FAULTS = {
    "a part is missing": (lambda w: w.pop(f"{FIRST}proj_in.weight"), "lacks proj_in.weight"),
    "a part is unknown": (lambda w: w.update({f"{FIRST}extra.weight": torch.zeros(2)}), "extra.weight, which no motion module"),
    "a second block": (
        lambda w: w.update({f"{FIRST}transformer_blocks.1.norms.0.weight": torch.zeros(2)}),
        "expected one block of two attentions",
    ),
    "other positions": (
        lambda w: w[f"{FIRST}transformer_blocks.0.attention_blocks.0.pos_encoder.pe"].add_(0.5),
        "not the sinusoids",
    ),
    "another shape": (lambda w: w.update({f"{FIRST}proj_out.bias": torch.zeros(3)}), "a weight of another shape"),
    "a table of another kind": (
        lambda w: w.update({f"{FIRST}transformer_blocks.0.attention_blocks.0.pos_encoder.pe": torch.zeros(3)}),
        "a weight of another shape",
    ),
    "keys of another width": (
        lambda w: w.update({f"{FIRST}transformer_blocks.0.attention_blocks.0.to_k.weight": torch.zeros(3, 3)}),
        "a weight of another shape",
    ),
    "the modules twice": (
        lambda w: w.update({f"ema.{name}": 0 * tensor for name, tensor in w.items()}),
        "names motion modules in 2 ways, such as mid_block.* and ema.mid_block.* to a file of their own",
    ),
    "one weight twice": (
        lambda w: w.update({f"ema.{FIRST}proj_in.weight": 0 * w[f"{FIRST}proj_in.weight"]}),
        "names motion modules in 2 ways",
    ),
    "no number": (lambda w: w[f"{FIRST}proj_in.weight"][0, :1].fill_(torch.nan), "has NaN or infinity in proj_in.weight"),
    "infinity": (lambda w: w[f"{FIRST}norm.bias"][:1].fill_(-torch.inf), "has NaN or infinity in norm.bias"),
    "positions that are no numbers": (
        lambda w: w[f"{FIRST}transformer_blocks.0.attention_blocks.1.pos_encoder.pe"].fill_(torch.nan),
        "has NaN or infinity in transformer_blocks.0.attention_blocks.1.pos_encoder.pe",
    ),
    "a list in the place of weights": (lambda w: w.update(state_dict=[1]), "no motion modules"),
    "no module at all": (lambda w: [w.pop(name) for name in list(w)] and w.update(x=torch.zeros(2)), "no motion modules"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_is_a_sentence(fault, weights, tmp_path):
    change, sentence = FAULTS[fault]
    wrong = {name: tensor.clone() for name, tensor in weights.items()}
    change(wrong)
    torch.save(wrong, tmp_path / "wrong.ckpt")
    with pytest.raises(MotionFileError, match=sentence):
        read_motion(tmp_path / "wrong.ckpt")


@pytest.mark.parametrize("name", ["a.ckpt", "a.safetensors"])
@pytest.mark.parametrize("content", [b"", b"no tensors at all", b"PK\x03\x04half a zip"])
def test_what_is_no_checkpoint_is_a_sentence(name, content, tmp_path):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MotionFileError, match=r"cannot be read|holds more than tensors"):
        read_motion(tmp_path / name)


def test_a_pickle_with_code_is_not_run(tmp_path):
    class Bomb:
        def __reduce__(self):
            return (print, ("this must not be run",))

    torch.save({"state_dict": Bomb()}, tmp_path / "bomb.ckpt")
    with pytest.raises(MotionFileError, match="holds more than tensors"):
        read_motion(tmp_path / "bomb.ckpt")


def test_motion_of_another_width_or_place_is_refused(folder, weights, tmp_path):
    wide = MotionModule(64, 8, 32, 32, 1e-6)
    for place, sentence in (
        ("down_blocks.0.motion_modules.0", "has 64 channels, the U-Net 32 there"),
        ("down_blocks.7.motion_modules.0", "this U-Net has no down_blocks.7"),
        ("up_blocks.0.motion_modules.9", "this U-Net has no up_blocks.0.motion_modules.9"),
    ):
        torch.save(public_weights({place: wide}), tmp_path / "other.ckpt")
        with pytest.raises(ValueError, match=sentence):
            stable_diffusion(folder, tmp_path / "other.ckpt", device="cpu")


def test_what_is_not_there_is_a_sentence(folder, tmp_path, monkeypatch):
    with pytest.raises(FileNotFoundError, match="unet cannot be read from the folder"):
        stable_diffusion(tmp_path)
    with pytest.raises(MotionFileError, match=r"there is no file .* guoyww/animatediff:mm_sd_v15_v2\.ckpt"):
        stable_diffusion(folder, tmp_path / "mm.ckpt", device="cpu")

    import diffusers

    def offline(*_, **__):
        raise OSError("no network")

    monkeypatch.setattr(diffusers.UNet2DConditionModel, "from_pretrained", offline)
    with pytest.raises(FileNotFoundError, match=r"unet of some/model is not on this computer .*no network"):
        stable_diffusion("some/model")


@pytest.mark.parametrize(
    ("part", "content"),
    [
        ("unet/diffusion_pytorch_model.safetensors", b"version https://git-lfs"),
        ("text_encoder/model.safetensors", b"cut"),
        ("vae/config.json", b"{"),
        ("scheduler/scheduler_config.json", b"{"),
        ("tokenizer/vocab.json", b"{"),
    ],
)
def test_a_damaged_file_is_a_sentence(folder, tmp_path, part, content):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / part).write_bytes(content)
    with pytest.raises(FileNotFoundError, match=f"{part.partition('/')[0]} cannot be read from the folder"):
        stable_diffusion(other, device="cpu")


@pytest.mark.parametrize(
    ("part", "lost"),
    [
        ("unet/diffusion_pytorch_model.safetensors", "conv_out.bias"),
        ("vae/diffusion_pytorch_model.safetensors", "post_quant_conv.weight"),
        ("text_encoder/model.safetensors", "final_layer_norm.weight"),
    ],
)
def test_a_weight_that_is_missing_is_a_sentence(folder, tmp_path, part, lost):
    shutil.copytree(folder, tmp_path / "other")
    without(tmp_path / "other" / part, lost)
    with pytest.raises(ValueError, match=f"^{part.partition('/')[0]} of .* lacks 1 of its weights, .*{lost} for one"):
        stable_diffusion(tmp_path / "other", device="cpu")


def test_a_finder_that_lacks_a_weight_is_a_sentence(stable, folder, tmp_path):
    shutil.copytree(folder / SUBJECT, tmp_path / SUBJECT)
    without(tmp_path / SUBJECT / "model.safetensors", "decoder.film_mul.bias")
    with pytest.raises(
        ValueError, match=r"^CLIPSegForImageSegmentation of .* lacks 1 of its weights, decoder\.film_mul"
    ):
        subject(stable, "a horse", tmp_path / SUBJECT)


def without(file, lost):
    """The same file, but for one weight, whatever stands before its name."""
    from safetensors.torch import load_file, save_file

    whole = load_file(file)
    kept = {name: weight for name, weight in whole.items() if not name.endswith(lost)}
    assert len(kept) == len(whole) - 1
    save_file(kept, file, metadata={"format": "pt"})


def test_in_whichever_precision_it_was_saved_it_is_single_on_a_cpu(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "other")
    file = tmp_path / "other" / "text_encoder" / "config.json"
    config = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps({**config, "dtype": "float16", "torch_dtype": "float16"}), encoding="utf-8")
    half = stable_diffusion(tmp_path / "other", device="cpu")
    assert {weight.dtype for weight in (*half.network.parameters(), *half.vae.parameters())} == {torch.float32}


def test_for_a_gpu_it_is_half_and_no_word_is_out_of_date(folder, monkeypatch):
    """transformers 5 warns of `torch_dtype`, which 4 has no other word for: it is told neither."""
    import transformers

    said, own = [], transformers.CLIPTextModel.from_pretrained
    monkeypatch.setattr(transformers.CLIPTextModel, "from_pretrained", lambda *a, **k: said.append(k) or own(*a, **k))
    parts = [("diffusers", "UNet2DConditionModel", "unet"), ("transformers", "CLIPTextModel", "text_encoder")]
    for package, kind, part in parts:
        model = network(package, kind, folder, part, "cuda")
        assert {weight.dtype for weight in model.parameters()} == {torch.float16}
    assert len(said) == 1 and not {"dtype", "torch_dtype"} & said[0].keys()


def test_without_its_words_a_tokenizer_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "other", ignore=shutil.ignore_patterns("tokenizer"))
    with pytest.raises((ValueError, FileNotFoundError), match=r"no Stable Diffusion 1|tokenizer cannot be read"):
        stable_diffusion(tmp_path / "other", device="cpu")


def test_a_name_on_the_hub_is_asked_for_there_and_a_file_is_not(monkeypatch, tmp_path):
    import huggingface_hub

    asked = []
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", lambda *what: asked.append(what) or str(tmp_path / "x"))
    assert file_of("guoyww/animatediff:mm_sd_v15_v2.ckpt") == tmp_path / "x"
    assert asked == [("guoyww/animatediff", "mm_sd_v15_v2.ckpt")]
    assert file_of(tmp_path / "mm.ckpt") == tmp_path / "mm.ckpt" and len(asked) == 1

    def offline(*_):
        raise OSError("no network")

    monkeypatch.setattr(huggingface_hub, "hf_hub_download", offline)
    with pytest.raises(FileNotFoundError, match=r"mm_sd_v15_v2\.ckpt of guoyww/animatediff is not on this computer"):
        file_of("guoyww/animatediff:mm_sd_v15_v2.ckpt")
