"""Other people's networks behind the course's interface: I3D for FVD, V-JEPA 2 for JEDi, CLIP for captions, LPIPS (chapters 1 and 8, gpu budget).

None of them comes with the course: each loader says in a sentence what is missing. Checked by tests/metrics/test_pretrained.py,
with tiny random networks in their place; I3D's file is also asked for the published constants when it is opened.
"""

import hashlib
import os
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Float
from torch import Tensor

from minivid.metrics.distribution import frechet_distance
from minivid.metrics.features import Extractor, network_hash
from minivid.tools import compat

I3D_VARIABLE = "MINIVID_I3D"
"""The environment's word for where I3D's TorchScript file lies."""
BLACK_AGAINST_WHITE = 131.0
"""FVD of 16 black clips against 16 white ones, 15 frames each: what every faithful copy of the file gives, to within 5."""
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
CLIP_PICTURES = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))
"""Means and standard deviations of red, green and blue, in [0, 1]."""


def i3d(path: Path | str | None = None, trust: bool = False) -> Extractor:
    """I3D of Kinetics-400 as FVD has it: frames of 0 to 255 resized to 224² (bilinear, no antialias), then [-1, 1]; 400 logits.

    `path`: the file `i3d_torchscript.pt`, by default what MINIVID_I3D says. Raises FileNotFoundError where there is none, ValueError
    for a file that is no such network; `trust` skips the question for the published constants.
    """
    path = path or os.environ.get(I3D_VARIABLE)
    if not path or not Path(path).is_file():
        where = f"there is no file {path}" if path else f"{I3D_VARIABLE} is not set"
        raise FileNotFoundError(
            f"I3D is not here: {where}. FVD needs the file i3d_torchscript.pt (50 MB), which the course may not hand on; "
            f"say where it lies with {I3D_VARIABLE}=FILE. The course's own distances need no such file."
        )
    try:
        net = torch.jit.load(str(path), map_location=device()).eval()
    except RuntimeError as error:
        raise ValueError(f"{path} is no TorchScript file; FVD needs i3d_torchscript.pt.") from error

    def logits(video: Float[Tensor, "n c t h w"]) -> Float[Tensor, "n d"]:
        if video.shape[2] < 9:
            raise ValueError(f"I3D halves time three times and needs 9 frames; these clips have {video.shape[2]}.")
        frames = resized(colour(video), 224)
        return net(frames.to(device()), rescale=False, resize=False, return_features=True).float().cpu()

    found = Extractor("i3d-kinetics-400", file_hash(Path(path)), "bilinear 224", logits)
    if not trust:
        black = torch.full((16, 3, 15, 64, 64), -1.0)
        measured = frechet_distance(found(black, batch=4), found(-black, batch=4))
        if abs(measured - BLACK_AGAINST_WHITE) > 5:
            raise ValueError(
                f"{path} gives {measured:.1f} for 16 black clips against 16 white ones; the FVD that is published gives about "
                f"{BLACK_AGAINST_WHITE:.0f}. It is another network, or another conversion of it."
            )
    return found


def vjepa(name: str = "facebook/vjepa2-vitl-fpc64-256") -> Extractor:
    """V-JEPA 2 by its hub name or folder, through transformers: the mean of its tokens. What `distribution.jedi` was proposed on."""
    net = pretrained("VJEPA2Model", name)
    side = net.config.crop_size

    def tokens(video: Float[Tensor, "n c t h w"]) -> Float[Tensor, "n d"]:
        frames = scaled(resized(colour(video), side), *IMAGENET)
        pixels = rearrange(frames, "n c t h w -> n t c h w").to(device())
        return net(pixel_values_videos=pixels, skip_predictor=True).last_hidden_state.mean(1).float().cpu()

    return Extractor(name, network_hash(net), f"bilinear {side}", tokens)


def clip_score(
    name: str = "openai/clip-vit-base-patch32",
) -> Callable[[Float[Tensor, "n c t h w"], Sequence[str]], Float[Tensor, "n"]]:
    """CLIP by its hub name or folder, through transformers: (video, captions) -> the mean cosine of a clip's frames to its caption."""
    net = pretrained("CLIPModel", name)
    tokenizer = pretrained("AutoTokenizer", name)
    side = net.config.vision_config.image_size

    @torch.inference_mode()
    def score(video: Float[Tensor, "n c t h w"], captions: Sequence[str]) -> Float[Tensor, "n"]:
        words = tokenizer(list(captions), padding=True, return_tensors="pt").to(device())
        read = net.text_projection(net.text_model(**words).pooler_output)
        values = []
        for clip, caption in zip(video, F.normalize(read, dim=-1), strict=True):
            frames = scaled(resized(colour(clip[None]), side), *CLIP_PICTURES)
            pixels = rearrange(frames, "1 c t h w -> t c h w").to(device())
            seen = net.visual_projection(net.vision_model(pixel_values=pixels).pooler_output)
            values.append((F.normalize(seen, dim=-1) @ caption).mean())
        return torch.stack(values).float().cpu()

    return score


def lpips_model(trained: bool = True) -> torch.nn.Module:
    """The lpips package's model over AlexNet, for `paired.from_package`: with its ImageNet weights, or with random ones, always the same.

    Nothing is fetched: raises FileNotFoundError where the weights are not on this computer, ImportError without the package.
    """
    lpips = compat.import_lpips()
    url = compat.import_torchvision().models.AlexNet_Weights.IMAGENET1K_V1.url
    if trained and not (Path(torch.hub.get_dir()) / "checkpoints" / Path(url).name).is_file():
        raise FileNotFoundError(
            "AlexNet's weights (230 MB), over which LPIPS was calibrated, are not on this computer. Where there is a network, "
            "`python -c 'import lpips; lpips.LPIPS()'` fetches them once."
        )
    with warnings.catch_warnings(), torch.random.fork_rng(devices=()):
        torch.manual_seed(0)
        warnings.simplefilter("ignore", UserWarning)  # it asks torchvision for weights in a way of old
        return lpips.LPIPS(net="alex", pnet_rand=not trained, verbose=False).eval().requires_grad_(False)


def pretrained(kind: str, name: str):
    """`transformers.KIND.from_pretrained(name)`, ready to look. Raises ImportError or FileNotFoundError, with what to do."""
    try:
        compat.import_torchvision()
        import transformers
    except ImportError as error:
        raise ImportError(f"{name} needs the transformers package: pip install 'minivid[gpu]'.") from error
    try:
        found = getattr(transformers, kind).from_pretrained(name)
    except (OSError, ValueError) as error:
        raise FileNotFoundError(
            f"{name} is not on this computer and could not be fetched. Where there is a network, load it once; it is kept in the "
            "cache of transformers. A folder that holds it will do as well."
        ) from error
    return found.eval().requires_grad_(False).to(device()) if isinstance(found, torch.nn.Module) else found


def colour(video: Float[Tensor, "n c t h w"]) -> Float[Tensor, "n 3 t h w"]:
    """Grey seen as colour."""
    return video.expand(-1, 3, -1, -1, -1)


def resized(video: Float[Tensor, "n c t h w"], side: int) -> Float[Tensor, "n c t s s"]:
    """Every frame at side × side, bilinear and without antialias, as most code for FVD has it; rounded to no levels."""
    t = video.shape[2]
    frames = rearrange(video.clamp(-1, 1), "n c t h w -> (n t) c h w")
    frames = F.interpolate(frames, size=(side, side), mode="bilinear", align_corners=False)
    return rearrange(frames, "(n t) c h w -> n c t h w", t=t)


def scaled(
    video: Float[Tensor, "n 3 t h w"], mean: tuple[float, float, float], deviation: tuple[float, float, float]
) -> Float[Tensor, "n 3 t h w"]:
    """From [-1, 1] to the scale of a network that was trained on [0, 1] less a mean, by a deviation."""
    mean, deviation = (video.new_tensor(part)[:, None, None, None] for part in (mean, deviation))
    return ((video + 1) / 2 - mean) / deviation


def device() -> torch.device:
    """The GPU, where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def file_hash(path: Path) -> str:
    """sha256 of a file."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
