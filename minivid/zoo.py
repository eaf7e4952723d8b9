"""Models by name: how each is made again, and the weights that come with the course (chapters 3 and on; tests/test_zoo.py).

`minivid train NAME` runs a recipe; `load(NAME)` gives the model that stands in `minivid/weights/`, its manifest checked.
"""

import difflib
import os
import platform
import time
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

import minivid
from minivid import checkpoint
from minivid.batches import clips_of
from minivid.data.captions import VOCABULARY, tokenize
from minivid.data.world import World
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Objective, Video
from minivid.diffusion.samplers import ddim, predict, sample
from minivid.diffusion.schedule import COSINE
from minivid.nn.condition import Cond
from minivid.nn.unet import UNet, UNetConfig
from minivid.train import TrainConfig, Training, described

WEIGHTS = Path(__file__).parent / "weights"
MANIFEST_KEYS = ("name", "unet", "steps", "minutes", "hardware")


@dataclass(frozen=True)
class Recipe:
    """All that makes a model: what it sees (the worlds take turns in a batch), its network, its training."""

    worlds: tuple[World, ...]
    unet: UNetConfig
    training: TrainConfig

    def shortened(self, steps: int) -> TrainConfig:
        """The same training in fewer steps, to see that it runs."""
        return replace(self.training, steps=steps, warmup=min(self.training.warmup, steps))

    def longer(self, times: int) -> TrainConfig:
        """The same training, `times` as long."""
        return replace(self.training, steps=times * self.training.steps)


UNET = UNetConfig(widths=(64, 128), blocks=1, vocabulary=len(VOCABULARY))

RECIPES = {
    "vdm-laptop": Recipe((World(),), UNET, TrainConfig(steps=1150, batch=8)),
    "vdm-small": Recipe((World(), World(change="direction")), UNET, TrainConfig(steps=2600, batch=16)),
}


@dataclass(frozen=True)
class Model:
    """A denoiser with the world whose clips it makes."""

    name: str
    unet: nn.Module
    world: World
    manifest: dict = field(default_factory=dict)

    def __str__(self) -> str:
        parameters = sum(weight.numel() for weight in self.unet.parameters())
        return f"{self.name}: {parameters / 1e6:.2f} M parameters, clips of {self.world.frames} frames of {self.world.height}×{self.world.width}"

    def receipt(self) -> str:
        """How it came about, in a sentence."""
        m = self.manifest
        if not m:
            return f"{self.name} was trained in this session and has no manifest."
        return f"`minivid train {m['name']}`: {m['steps']} steps in {m['minutes']:.0f} minutes on {m['hardware']}, sha256 {m['sha256'][:12]}…"

    def x_hat(self, z: Video, logsnr: Float[Tensor, ""], cond: Cond | None = None) -> Video:
        """The clean clip that the network believes in, at one noise level for all."""
        return predict(self.unet, z, logsnr, COSINE, cond, Objective.V, clip=False)[0]

    def sample(self, captions: list[str], seed: int = 0, steps: int = 50, guidance: float = 2.0) -> Video:
        """One clip a caption, by DDIM; the same seed gives the same noise."""
        world = self.world
        shape = (len(captions), 3 if world.colour else 1, world.frames, world.height, world.width)
        z = torch.randn(shape, generator=torch.Generator().manual_seed(seed))
        return sample(ddim(guided(self.unet, guidance), z, COSINE, steps, Cond(*tokenize(captions))))


def recipe(name: str) -> Recipe:
    """The recipe of that name. Raises ValueError, offering the nearest names."""
    if name not in RECIPES:
        near = difflib.get_close_matches(name, RECIPES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(RECIPES)}."
        raise ValueError(f"there is no model {name!r}; {hint}")
    return RECIPES[name]


def load(name: str, folder: Path = WEIGHTS) -> Model:
    """The trained model of that name. Raises ValueError for an unknown name, CheckpointError for weights that are absent or damaged."""
    made_by = recipe(name)
    path = folder / f"{name}.safetensors"
    if not path.is_file():
        raise checkpoint.CheckpointError(f"the weights of {name} are not here; `minivid train {name}` makes them.")
    tensors, manifest = checkpoint.read(path)
    for key in MANIFEST_KEYS:
        if key not in manifest:
            raise checkpoint.CheckpointError(
                f"{checkpoint.manifest_path(path)} has no '{key}'; take the manifest that came with the weights."
            )
    unet = UNet(
        UNetConfig(
            **{key: tuple(value) if isinstance(value, list) else value for key, value in manifest["unet"].items()}
        )
    )
    checkpoint.load_into(unet, tensors, path.name)
    return Model(name, unet.eval().requires_grad_(False), made_by.worlds[0], manifest)


def start(name: str, out: Path | str | None = None) -> Training:
    """The training run of a recipe, not yet begun; its state goes to the folder `out`."""
    made_by = recipe(name)
    torch.manual_seed(made_by.training.seed)
    return Training(UNet(made_by.unet), clips_of(*made_by.worlds), made_by.training, out=Path(out) if out else None)


def publish(name: str, training: Training, folder: Path = WEIGHTS) -> Path:
    """Write a run's averaged weights in half precision with their manifest; returns the file."""
    path = folder / f"{name}.safetensors"
    weights = {key: weight.half() for key, weight in training.ema.state_dict().items()}
    manifest = {
        "name": name,
        "unet": asdict(training.ema.config),
        "training": described(training.config),
        "steps": training.step,
        "loss": sum(record.loss for record in training.records[-100:]) / len(training.records[-100:]),
        "minutes": training.records[-1].seconds / 60,
        "hardware": f"{torch.get_num_threads()} threads of {platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "versions": {"minivid": minivid.__version__, "torch": torch.__version__, "python": platform.python_version()},
        "finished": time.strftime("%Y-%m-%d"),
    }
    checkpoint.write(path, weights, manifest)
    return path
