"""Random weights in Stable Diffusion's and AnimateDiff's own files, small enough for a laptop: the whole path runs on them, and draws nothing.

Four levels, their kinds of layers, a motion module behind each and in the middle, CLIP, a VAE that halves three times, CLIPSeg: as the
published ones, but 32 and 64 channels wide, and a tokenizer that knows letters.
"""

import atexit
import json
import shutil
import string
import tempfile
from pathlib import Path

import torch
from torch import nn

from minivid.adapt.layers import LONGEST, MotionModule
from minivid.adapt.stable.motion import EPS, GROUPS, HEADS, public_weights
from minivid.adapt.stable.network import widths
from minivid.tools import compat

WIDTHS, LAYERS, LETTERS = (32, 32, 64, 64), 2, 32
MOTION, SUBJECT = "mm_stand_in.ckpt", "clipseg"
START, END = "<|startoftext|>", "<|endoftext|>"


def stand_in(folder: Path | str | None = None, seed: int = 0) -> Path:
    """Write a Stable Diffusion of random weights, MOTION and SUBJECT beside it, into a folder; without one, into one that goes with the process. Returns it.

    Torch's global generator is left as it was. Raises ImportError, with what to do, without diffusers and transformers.
    """
    try:
        compat.import_torchvision()
        import diffusers
        import transformers
    except ImportError as error:
        raise ImportError("The stand-in is made by diffusers and transformers: pip install 'minivid[gpu]'.") from error
    if folder is None:
        folder = tempfile.mkdtemp(prefix="stable-diffusion-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    folder = Path(folder)
    clip = {"hidden_size": LETTERS, "intermediate_size": 2 * LETTERS, "num_hidden_layers": 2, "num_attention_heads": 4}
    vocabulary = write_tokenizer(folder / "tokenizer")
    words = {**clip, **vocabulary, "max_position_embeddings": 77}
    scheduler = diffusers.PNDMScheduler(  # the published file's, which says nothing of a prediction_type
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", skip_prk_steps=True, steps_offset=1
    )
    with torch.random.fork_rng(devices=()):
        torch.manual_seed(seed)
        unet = diffusers.UNet2DConditionModel(
            sample_size=8,
            block_out_channels=WIDTHS,
            layers_per_block=LAYERS,
            cross_attention_dim=LETTERS,
            attention_head_dim=HEADS,
        )
        halves = len(WIDTHS)
        vae = diffusers.AutoencoderKL(
            down_block_types=["DownEncoderBlock2D"] * halves,
            up_block_types=["UpDecoderBlock2D"] * halves,
            block_out_channels=[8] * halves,
            norm_num_groups=4,
        )
        text = transformers.CLIPTextModel(transformers.CLIPTextConfig(**words))
        finder = transformers.CLIPSegForImageSegmentation(
            transformers.CLIPSegConfig(
                text_config=words,
                vision_config={**clip, "image_size": 352, "patch_size": 32},
                projection_dim=16,
                extract_layers=[0, 1],
                reduce_dim=16,
                decoder_num_attention_heads=4,
                decoder_intermediate_size=32,
            )
        )
        torch.save(public_weights(random_motion(unet)), folder / MOTION)
    with compat.without_bars():
        parts = {"unet": unet, "vae": vae, "scheduler": scheduler, "text_encoder": text, SUBJECT: finder}
        for part, module in parts.items():
            module.save_pretrained(folder / part)
    write_tokenizer(folder / SUBJECT)
    return folder


def random_motion(unet: nn.Module) -> dict[str, MotionModule]:
    """A motion module for every place of the U-Net, none of its weights zero."""
    modules = {place: MotionModule(width, HEADS, LONGEST, GROUPS, EPS) for place, width in widths(unet).items()}
    for module in modules.values():
        nn.init.normal_(module.proj_out.weight, std=0.1)
        for norm in (module.norm.norm, *module.norms):
            nn.init.normal_(norm.weight, 1, 0.3)
            nn.init.normal_(norm.bias, std=0.3)
    return modules


def write_tokenizer(folder: Path) -> dict[str, int]:
    """CLIP's tokenizer of letters alone, in its files; returns its numbers, as CLIP's configuration names them."""
    letters = string.ascii_lowercase
    known = [*letters, *(f"{letter}</w>" for letter in letters), START, END]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(known)}), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n", encoding="utf-8")
    said = {"bos_token": START, "eos_token": END, "unk_token": END, "pad_token": END}
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "CLIPTokenizer", "model_max_length": 77, **said}), encoding="utf-8"
    )
    start, end = known.index(START), known.index(END)
    return {"vocab_size": len(known), "bos_token_id": start, "eos_token_id": end, "pad_token_id": end}
