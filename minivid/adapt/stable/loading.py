"""Stable Diffusion out of a folder or from the hub, through diffusers and transformers (chapters 6, 7; tests/adapt/test_stable.py)."""

from contextlib import nullcontext
from pathlib import Path

import torch

from minivid.adapt.stable.motion import read_motion
from minivid.adapt.stable.network import StableUNet
from minivid.adapt.stable.pictures import Stable, Subject
from minivid.diffusion.schedule import tabled
from minivid.diffusion.zero_terminal import linear_alphas, scaled_linear_alphas
from minivid.tools import compat

SUBJECTS = "CIDAS/clipseg-rd64-refined"
"""On the hub: what finds a thing by its name."""


def stable_diffusion(name: str | Path, motion: str | Path | None = None) -> Stable:
    """Stable Diffusion 1.x by its name on the hub, or from a folder laid out as there, on the GPU in half precision where there is one.

    motion: an AnimateDiff checkpoint: a file, or "owner/name:file" on the hub. With it the schedule is AnimateDiff's, of linear β, and not
    Stable Diffusion's. Raises ImportError or FileNotFoundError, with what to do, and ValueError for motion that does not fit.
    """
    kind = half_on_gpu()
    unet = fetched("diffusers", "UNet2DConditionModel", name, "unet", **kind)
    vae = fetched("diffusers", "AutoencoderKL", name, "vae", **kind)
    text = fetched("transformers", "CLIPTextModel", name, "text_encoder", **kind)
    tokenizer = fetched("transformers", "CLIPTokenizer", name, "tokenizer")
    modules = {} if motion is None else read_motion(file_of(motion))
    alphas = scaled_linear_alphas() if motion is None else linear_alphas()
    silence = tokenizer([""], padding="max_length", return_tensors="pt").input_ids[0]
    network = StableUNet(unet, text, silence, alphas, modules).to(device())
    network.motion.to(unet.dtype)
    return Stable(network, vae.to(device()).eval().requires_grad_(False), tokenizer, tabled(alphas))


def subject(stable: Stable, words: str, name: str | Path = SUBJECTS) -> Subject:
    """Where the thing that `words` name is, by CLIPSeg from the hub or a folder. Raises ImportError or FileNotFoundError, with what to do."""
    model = fetched("transformers", "CLIPSegForImageSegmentation", name, **half_on_gpu())
    tokenizer = fetched("transformers", "CLIPTokenizer", name)
    return Subject(stable, model.to(device()).eval().requires_grad_(False), tokenizer, words)


def device() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def half_on_gpu() -> dict:
    return {"torch_dtype": torch.float16} if torch.cuda.is_available() else {}


def fetched(package: str, kind: str, name: str | Path, part: str = "", **how):
    """`PACKAGE.KIND.from_pretrained(name)`, of a part of it where one is named; a folder is never looked for on the hub."""
    try:
        compat.import_torchvision()
        import diffusers
        import transformers
    except ImportError as error:
        raise ImportError(f"{name} needs diffusers and transformers: pip install 'minivid[gpu]'.") from error
    source = getattr({"diffusers": diffusers, "transformers": transformers}[package], kind)
    quietly = compat.without_bars() if Path(name).is_dir() else nullcontext()  # a bar is for what comes from afar
    try:
        with quietly:
            return source.from_pretrained(str(name), **({"subfolder": part} if part else {}), **how)
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"{part or kind} of {name} is not on this computer and could not be fetched. Where there is a network, load it once; it is "
            "kept in the hub's cache. A folder that holds it, laid out as on the hub, will do as well."
        ) from error


def file_of(where: str | Path) -> Path:
    """A file on this computer, or "owner/name:file" from the hub."""
    repository, colon, file = str(where).partition(":")
    if not colon or "/" not in repository or Path(where).exists():
        return Path(where)
    try:
        from huggingface_hub import hf_hub_download

        return Path(hf_hub_download(repository, file))
    except ImportError as error:
        raise ImportError(f"{where} needs huggingface_hub: pip install 'minivid[gpu]'.") from error
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"{file} of {repository} is not on this computer and could not be fetched. Where there is a network, load it once, or name a file."
        ) from error
