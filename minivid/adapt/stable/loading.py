"""Stable Diffusion out of a folder or from the hub, through diffusers and transformers (chapters 6, 7; tests/adapt/test_stable.py)."""

from contextlib import nullcontext
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid.adapt.stable.motion import first_line, read_motion
from minivid.adapt.stable.network import StableUNet
from minivid.adapt.stable.pictures import Stable, Subject
from minivid.diffusion.objective import Objective
from minivid.diffusion.schedule import tabled
from minivid.diffusion.zero_terminal import linear_alphas
from minivid.tools import compat

SUBJECTS = "CIDAS/clipseg-rd64-refined"
"""On the hub: what finds a thing by its name."""
SAYS = {"epsilon": Objective.EPS, "v_prediction": Objective.V, "sample": Objective.X}
"""A scheduler's `prediction_type`, in the course's terms. Where its file has none it is ε, as diffusers has it."""


def stable_diffusion(name: str | Path, motion: str | Path | None = None, device: str | None = None) -> Stable:
    """Stable Diffusion 1.x by its name on the hub, or from a folder laid out as there.

    device: "cuda", in half precision, or "cpu"; without it, whichever there is. What the U-Net says, ε, v or x, and at which levels, its
    scheduler's file tells: some models of the same layout were trained on v.

    motion: an AnimateDiff checkpoint: a file, or "owner/name:file" on the hub. With it the schedule is AnimateDiff's, of linear β, and not
    Stable Diffusion's. Raises ImportError or FileNotFoundError, with what to do, and ValueError for motion that does not fit, and for
    weights or a scheduler that are not Stable Diffusion's.
    """
    device = device or best_device()
    unet = network("diffusers", "UNet2DConditionModel", name, "unet", device)
    vae = network("diffusers", "AutoencoderKL", name, "vae", device)
    text = network("transformers", "CLIPTextModel", name, "text_encoder", device)
    tokenizer = fetched("transformers", "CLIPTokenizer", name, "tokenizer")
    objective, alphas = scheduled(name)
    config = unet.config
    words = (len(tokenizer), text.config.vocab_size)
    if (config.in_channels, config.out_channels) != (4, 4) or config.addition_embed_type or words[0] != words[1]:
        raise ValueError(
            f"{name} is no Stable Diffusion 1.x that draws from words alone: its U-Net takes {config.in_channels} channels and gives "
            f"{config.out_channels}, and its tokenizer knows {words[0]} words, its text model {words[1]}."
        )
    modules = {} if motion is None else read_motion(file_of(motion))
    alphas = alphas if motion is None else linear_alphas()
    silence = tokenizer([""], padding="max_length", return_tensors="pt").input_ids[0]
    denoiser = StableUNet(unet, text, silence, alphas, modules).to(device)
    denoiser.motion.to(unet.dtype)
    return Stable(denoiser, vae.to(device).eval().requires_grad_(False), tokenizer, tabled(alphas), objective)


def subject(stable: Stable, words: str, name: str | Path = SUBJECTS) -> Subject:
    """Where the thing that `words` name is, by CLIPSeg from the hub or a folder. Raises ImportError or FileNotFoundError, with what to do."""
    model = network("transformers", "CLIPSegForImageSegmentation", name, "", stable.device.type)
    tokenizer = fetched("transformers", "CLIPTokenizer", name)
    return Subject(stable, model.to(stable.device).eval().requires_grad_(False), tokenizer, words)


def best_device() -> str:
    return "cuda" if torch.cuda.is_available() else "cpu"


def scheduled(name: str | Path) -> tuple[Objective, Float[Tensor, "steps"]]:
    """What the U-Net says, and ᾱ at each time step, as scheduler/scheduler_config.json has them: whichever scheduler wrote it, the
    training is described by the same words. Raises ValueError for a file that does not describe it so, as those of flows do not."""
    told = fetched("diffusers", "DDIMScheduler", name, "scheduler", by="load_config")
    says = told.get("prediction_type", "epsilon")
    if says not in SAYS or "beta_schedule" not in told:
        raise ValueError(
            f"{name} is no Stable Diffusion 1.x: its scheduler is {told.get('_class_name', 'unnamed')}, with the prediction_type {says!r} and the "
            f"beta_schedule {told.get('beta_schedule')!r}; expected a beta_schedule, and {', '.join(SAYS)} or no prediction_type."
        )
    from diffusers import DDIMScheduler

    return SAYS[says], DDIMScheduler.from_config(told).alphas_cumprod.double()


def network(package: str, kind: str, name: str | Path, part: str, device: str) -> nn.Module:
    """A network of which every weight stands in the files, in half precision for a GPU, else in single.

    Both packages draw a weight that is missing at random, and warn. Raises ValueError for it.
    """
    precision = torch.float16 if device.startswith("cuda") else torch.float32
    # transformers' word for it changed from torch_dtype to dtype, and 5 takes the file's where neither is said: so its networks are cast here
    how = {"torch_dtype": precision} if package == "diffusers" else {}
    model, found = fetched(package, kind, name, part, output_loading_info=True, **how)
    if lacking := sorted(found["missing_keys"]):
        raise ValueError(
            f"{part or kind} of {name} lacks {len(lacking)} of its weights, {', '.join(lacking[:3])} for one: they would be drawn at random. "
            "The files are not whole, or of another model: fetch them again."
        )
    return model if package == "diffusers" else model.to(precision)


def fetched(package: str, kind: str, name: str | Path, part: str = "", by: str = "from_pretrained", **how):
    """`PACKAGE.KIND.from_pretrained(name)`, or by another of its readers, of a part where one is named; a folder is never looked for on the hub."""
    try:
        compat.import_torchvision()
        import diffusers
        import transformers
    except ImportError as error:
        raise ImportError(f"{name} needs diffusers and transformers: pip install 'minivid[gpu]'.") from error
    here = Path(name).is_dir()
    try:
        with compat.without_bars() if here else nullcontext():  # a bar is for what comes from afar
            source = getattr({"diffusers": diffusers, "transformers": transformers}[package], kind)
            return getattr(source, by)(str(name), **({"subfolder": part} if part else {}), **how)
    except Exception as error:  # of a damaged file each library has errors of its own
        if here:
            raise FileNotFoundError(
                f"{part or kind} cannot be read from the folder {name} ({first_line(error)}): it lacks a file, or has one that was cut "
                "short or is of something else. Expected the layout of the hub."
            ) from error
        raise FileNotFoundError(
            f"{part or kind} of {name} is not on this computer and could not be fetched ({first_line(error)}). Where there is a network, load it once; it is "
            "kept in the hub's cache. A folder that holds it, laid out as on the hub, will do as well."
        ) from error


def file_of(where: str | Path) -> Path:
    """A file on this computer, or "owner/name:file" from the hub."""
    repository, colon, file = str(where).partition(":")
    if not colon or not file or "/" not in repository or Path(where).is_absolute() or Path(where).exists():
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
