"""Models by name: how each is made again, and the weights that come with the course (chapters 3 and on; tests/test_zoo.py).

`minivid train NAME` runs a recipe; `load(NAME)` gives the model that stands in `minivid/weights/`, `load_file` the one in a run's own
folder, its manifest checked.
"""

import math
import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

import minivid
from minivid import checkpoint
from minivid.adapt.controlnet import Controlled, ControlNetConfig
from minivid.adapt.inflate import InflatedConfig, Method
from minivid.adapt.lora import LowRankConfig
from minivid.controlling import Controlling, base_of
from minivid.data.captions import VOCABULARY, tokenize
from minivid.data.world import World
from minivid.diffusion import samplers
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Denoising, Objective, Video, scaled
from minivid.diffusion.schedule import Schedule, schedule_named
from minivid.distilling import Distilling
from minivid.enlarging import Enlarging
from minivid.mean_flow import MeanFlow
from minivid.nn.condition import Cond
from minivid.nn.dit import DiTConfig
from minivid.nn.prior import PriorConfig
from minivid.nn.unet import UNetConfig
from minivid.picturing import Picturing
from minivid.run import Run
from minivid.tools.nearest import did_you_mean
from minivid.tools.progress import Progress
from minivid.tools.seeds import generator, plain_generator
from minivid.train import TrainConfig, Training, halved

WEIGHTS = checkpoint.WEIGHTS
MANIFEST_KEYS = ("name", "training", "steps", "minutes", "hardware")
ETA = 1.0
"""How commands and reports draw: with new noise at each step. The receipt 03_digits has both ways."""
STEPS, GUIDANCE = 50, 3.0
"""And in how many steps, how strongly guided; a distilled model by what it has learnt."""
VOXELS = 2**17
"""Pixels times frames that a model sees at once: 64 clips of 8 frames of 16×16."""


UNET = UNetConfig(widths=(64, 128), blocks=1, vocabulary=len(VOCABULARY))
LARGE = World(digit_size=10)
IMAGE_UNET = UNetConfig(channels=3, widths=(48, 96), vocabulary=len(VOCABULARY), temporal=False)
BASE = {**vars(IMAGE_UNET), "base": "image-digits", "sha256": "731295466bc8"}
"""What stands on the image model, whose weights are not in its file."""
PICTURES = (
    World(frames=1, size=24, digit_size=14, colour=True, background="gradient"),
    World(frames=1, size=24, digit_size=14, colour=True),
    World(frames=1, size=24, digit_size=14, colour=True, background="gradient", digits=2),
)
PICTURED = tuple(
    replace(World(frames=1, size=24, digit_size=14, colour=True), **looks)
    for looks in ({}, {"neon": True}, {"background": "gradient"}, {"background": "gradient", "digits": 2})
)

RECIPES = {
    run.name: run
    for run in (
        Run(
            "vdm-laptop",
            UNET,
            Denoising(Objective.V, "cosine"),
            TrainConfig(steps=1350, batch=8, growth=((0.5, 4), (0.75, 2))),
            worlds=(LARGE,),
        ),
        Run(
            "vdm-small",
            UNET,
            Denoising(Objective.V, "cosine"),
            TrainConfig(steps=1500, batch=16, growth=((0.4, 4), (0.65, 2))),
            worlds=(LARGE, replace(LARGE, change="direction")),
        ),
        Run(
            "vdm-digits",
            UNetConfig(widths=(64, 104), patch=4, vocabulary=len(VOCABULARY)),
            Denoising(Objective.V, "cosine"),
            TrainConfig(steps=12500, batch=16, ema=0.998, growth=((0.2, 8), (0.35, 4), (0.5, 2)), restarts=(8000,)),
            worlds=(World(frames=16, size=32, digit_size=18),),
        ),
        Run(
            "vdm-digits-8",
            UNetConfig(widths=(64, 104), patch=4, vocabulary=len(VOCABULARY)),
            Distilling("vdm-digits", student_steps=8, guidance=GUIDANCE),
            TrainConfig(steps=2400, batch=4, lr=5e-4, lr_matrices=0.006, warmup=10, ema=0.97, save_every=20),
            worlds=(World(frames=16, size=32, digit_size=18),),
        ),
        Run(
            "dit-digits",
            DiTConfig(patch=(2, 8), dim=160, depth=4, heads=5, modulation="shared", vocabulary=len(VOCABULARY)),
            Denoising(Objective.V, "cosine"),
            TrainConfig(steps=4000, batch=16, ema=0.995, growth=((0.2, 8), (0.35, 4), (0.5, 2))),
            worlds=(World(frames=16, size=32, digit_size=18),),
        ),
        Run(
            "image-digits",
            IMAGE_UNET,
            Denoising(Objective.V, "cosine"),
            TrainConfig(steps=2600, batch=32, ema=0.996, warmup=100),
            worlds=PICTURES,
        ),
        Run(
            "control-digits",
            ControlNetConfig(channels=3, widths=(48, 96), vocabulary=len(VOCABULARY)),
            Controlling(BASE["base"], BASE["sha256"]),
            TrainConfig(steps=800, batch=24, lr=2e-3, lr_matrices=0.01, ema=0.99, warmup=40, save_every=50),
            worlds=PICTURES,
        ),
        Run(
            "image-digits-neon",
            LowRankConfig(**BASE, rank=8),
            Denoising(Objective.V, "cosine"),
            TrainConfig(steps=400, batch=16, ema=0.98, warmup=20),
            worlds=(World(frames=1, size=24, digit_size=14, colour=True, neon=True),),
        ),
        Run(
            "motion-digits",
            InflatedConfig(**{**BASE, "temporal": True}, method=Method.ANIMATEDIFF),
            Denoising(Objective.V, "cosine"),
            TrainConfig(steps=400, batch=4, ema=0.98, warmup=20, save_every=50),
            worlds=(World(frames=8, size=24, digit_size=14, colour=True),),
        ),
        Run(
            "prior-digits",
            PriorConfig(),
            Picturing(),
            TrainConfig(steps=240, batch=160, lr=3e-3, ema=0.97, warmup=20, save_every=40),
            worlds=PICTURED,
            clip=(48, 1, 1, 1),
        ),
        Run(
            "super-digits-24",
            InflatedConfig(
                channels=3, widths=(24, 48), known=3, numbers=1, temporal=True, method=Method.MAKE_A_VIDEO, whole=True
            ),
            Enlarging(Objective.X, "cosine"),
            TrainConfig(steps=240, batch=2, lr=2e-3, ema=0.96, warmup=15, save_every=25),
            worlds=(World(frames=9, size=24, digit_size=14, colour=True),),
        ),
        Run(
            "super-digits-48",
            UNetConfig(channels=3, widths=(24, 48), known=3, numbers=1, temporal=False),
            Enlarging(Objective.X, "cosine"),
            TrainConfig(steps=240, batch=3, lr=2e-3, ema=0.96, warmup=15, save_every=25),
            worlds=(World(frames=1, size=48, digit_size=28, colour=True),),
        ),
    )
}
"""The runs that make the zoo's models."""


@dataclass(frozen=True)
class Drawing:
    """How clips are drawn: steps, guidance, and how much new noise at each step."""

    steps: int
    guidance: float | int
    eta: float | int


@dataclass(frozen=True)
class Model:
    """A trained denoiser and the run that it is of: what it makes, what its output means, the schedule that it is sampled by."""

    run: Run
    network: nn.Module
    manifest: dict = field(default_factory=dict)
    """Of its file of weights; empty for a model that was trained in this session."""

    @property
    def name(self) -> str:
        """The run's."""
        return self.run.name

    @property
    def world(self) -> World | None:
        """The world whose clips it makes, the first of several; None for one that was trained on a folder of videos."""
        return self.run.worlds[0] if self.run.worlds else None

    @property
    def shape(self) -> tuple[int, ...]:
        """c t h w of its clips."""
        return self.run.clip

    @property
    def objective(self) -> Objective:
        """What its output means."""
        return self.run.loss.objective

    @property
    def schedule(self) -> Schedule:
        """The schedule that it was trained by."""
        return schedule_named(self.run.loss.schedule)

    @property
    def usual(self) -> "Drawing":
        """How commands and reports draw from it where nobody says otherwise: a distilled model by DDIM in its own steps, unguided."""
        loss = self.run.loss
        return Drawing(loss.student_steps, 1.0, 0.0) if isinstance(loss, Distilling) else Drawing(STEPS, GUIDANCE, ETA)

    @property
    def denoiser(self):
        """`model(z, t, cond)` as guidance and samplers call it: the network itself, its input scaled where the objective wants that."""
        return scaled(self.network, self.schedule, self.objective)

    def __str__(self) -> str:
        _, frames, height, width = self.shape
        parameters = sum(weight.numel() for weight in self.network.parameters())
        return f"{self.name}: {parameters / 1e6:.2f} M parameters, clips of {frames} frames of {height}×{width}"

    def origin(self) -> str:
        """How it came about, in a sentence."""
        m = self.manifest
        if not m:
            return f"{self.name} was trained in this session and has no manifest."
        made = f"`minivid train {m['name']}`: {m['steps']} steps in {m['minutes']:.0f} minutes on {m['hardware']}"
        return f"{made},\nsha256 {m['sha256'][:12]}…"

    def x_hat(
        self,
        z: Video,
        logsnr: Float[Tensor, ""] | Float[Tensor, "b"] | Float[Tensor, "b t"],
        cond: Cond | None = None,
    ) -> Video:
        """The clean clip that the network believes in, at one noise level for all, for each clip, or for each frame."""
        cond = cond.to(self.device) if cond is not None else None
        z, logsnr = z.to(self.device), logsnr.to(self.device)
        return samplers.predict(self.denoiser, z, logsnr, self.schedule, self.objective, cond)[0]

    @property
    def device(self) -> torch.device:
        """Where its network is."""
        return next(self.network.parameters()).device

    def noise(self, n: int, seed: int = 0) -> Video:
        """Where n clips begin; the same seed gives the same noise."""
        return torch.randn((n, *self.shape), generator=plain_generator(seed))

    def path(
        self,
        z: Video,
        captions: list[str] | None,
        steps: int | None = None,
        guidance: float | int | None = None,
        eta: float | int = 0.0,
        fresh: torch.Generator | None = None,
    ) -> samplers.Path:
        """DDIM's way from noise, one caption a clip: (z, x̂) after each step. A model without captions takes None.

        steps, guidance: without them, as is usual for the model. eta: 0 is deterministic; 1 adds as much new noise at each step as the ancestral sampler, drawn from `fresh`.
        """
        cond = Cond(*tokenize(captions)).to(z.device) if captions is not None else None
        steps = self.usual.steps if steps is None else steps
        model = guided(self.denoiser, self.usual.guidance if guidance is None else guidance)
        return samplers.ddim(model, z, self.schedule, self.objective, steps, cond, eta=eta, generator=fresh)

    def sample(
        self,
        captions: list[str] | None,
        seed: int = 0,
        steps: int | None = None,
        guidance: float | int | None = None,
        eta: float | int = 0.0,
        n: int = 1,
    ) -> Video:
        """One clip a caption; of a model without captions, None, n clips. Nothing is cut at ±1."""
        noise, fresh = self.noise(n if captions is None else len(captions), seed), generator((seed, 0), "steps")
        return samplers.sample(self.path(noise.to(self.device), captions, steps, guidance, eta, fresh)).cpu()


def draw(
    model: Model,
    captions: list[str] | None,
    n: int,
    seed: int = 0,
    steps: int | None = None,
    guidance: float | int | None = None,
    eta: float | int = 0.0,
    quiet: bool = True,
) -> Video:
    """n clips `n c t h w`, as many at a time as VOXELS allows: in bounded memory, what `model.sample` gives, cut to [−1, 1].

    Raises ValueError where there is not a caption for each, and for a model that draws something else than clips.

    With eta above 0 a clip's new noise depends on which others are drawn together with it.
    """
    if model.shape[0] not in (1, 3):
        raise ValueError(f"{model.name} draws pictures' embeddings, not clips; `minivid.picturing.pictured` asks it.")
    if isinstance(model.run.loss, Enlarging):
        raise ValueError(
            f"{model.name} enlarges clips and draws none of its own; `minivid.adapt.supers.larger` asks it."
        )
    if n < 1 or (captions is not None and len(captions) != n):
        many = "no captions" if captions is None else f"{len(captions)} captions"
        raise ValueError(f"{n} clips were asked for, with {many}: expected at least one clip, and a caption for each.")
    device = "cuda" if torch.cuda.is_available() else "cpu"
    model.network.to(device)
    at_once = max(1, VOXELS // math.prod(model.shape[1:]))
    noise, parts = model.noise(n, seed), []
    steps = model.usual.steps if steps is None else steps
    with Progress(-(-n // at_once) * steps, "step", quiet=quiet) as bar:
        for first in range(0, n, at_once):
            part = slice(first, first + at_once)
            given, fresh = captions and captions[part], generator((seed, first), "steps")
            path = model.path(noise[part].to(device), given, steps, guidance, eta, fresh)
            parts.append(samplers.sample(bar.each(path)).cpu().clamp(-1, 1))
    return torch.cat(parts)


def recipe(name: str) -> Run:
    """The recipe of that name. Raises ValueError, offering the nearest names."""
    if name not in RECIPES:
        raise ValueError(f"there is no model {name!r}; {did_you_mean(name, RECIPES)}")
    return RECIPES[name]


def load(name: str, folder: Path | None = None) -> Model:
    """The trained model of that name. Raises ValueError for an unknown name, CheckpointError for weights that are absent or damaged."""
    recipe(name)
    path = (folder or WEIGHTS) / f"{name}.safetensors"
    if not path.is_file():
        raise checkpoint.CheckpointError(
            f"the weights of {name} are not here; `minivid train {name} --keep` makes them."
        )
    return load_file(path)


def load_file(path: Path | str) -> Model:
    """The model in a file of weights; its manifest says what it makes. Raises CheckpointError for any other file."""
    path = Path(path)
    tensors, manifest = checkpoint.read(path)
    for key in MANIFEST_KEYS:
        if key not in manifest:
            raise checkpoint.CheckpointError(
                f"the manifest in {path} has no '{key}': it is no model's. A run keeps its model in NAME.safetensors."
            )
    if "worlds" not in manifest and manifest["name"] not in RECIPES:
        raise checkpoint.CheckpointError(
            f"the manifest in {path} has no 'worlds', and there is no recipe {manifest['name']!r}: what it makes is not known."
        )
    try:
        run = Run.of(manifest, RECIPES[manifest["name"]].worlds if "worlds" not in manifest else ())
        network = run.network.build()
        float(manifest["steps"]), float(manifest["minutes"])
    except (ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError) as error:
        raise checkpoint.CheckpointError(f"the manifest in {path} does not say what the model is: {error}") from error
    if not isinstance(run.loss, Denoising | Distilling | MeanFlow | Controlling):
        raise checkpoint.CheckpointError(
            f"{path} is no model that draws clips: it was trained on {manifest['loss']['is']}."
        )
    checkpoint.load_into(network, tensors, path.name)
    if isinstance(run.loss, Controlling):  # the file holds the ControlNet alone
        network = Controlled(base_of(run.loss), network)
    return Model(run, network.eval().requires_grad_(False), manifest)


def find(which: str) -> Model:
    """The model of that name or, where it ends in .safetensors, in that file."""
    return load_file(which) if which.endswith(".safetensors") else load(which)


def worlds_of(which: str) -> tuple[World, ...]:
    """The worlds of a recipe or of a file of weights. Raises ValueError for an unknown name and for a model without a world."""
    worlds = load_file(which).run.worlds if which.endswith(".safetensors") else recipe(which).worlds
    if not worlds:
        raise ValueError(f"{which} was trained on a folder of videos; there is no world that makes more of them.")
    return worlds


def publish(run: Run, training: Training, folder: Path, measured: Mapping[str, float] | None = None) -> Path:
    """Write a run's averaged weights in half precision with their manifest; returns the file.

    measured: what is known of how good they are, by name.
    """
    path, last = Path(folder) / f"{run.name}.safetensors", training.records[-100:]
    if not last:
        raise ValueError(f"{run.name} has taken no step yet: there is nothing to publish.")
    manifest = {
        **run.manifest(),
        "steps": training.step,
        "final_loss": sum(record.loss for record in last) / len(last),
        "measured": dict(measured or {}),
        "minutes": training.records[-1].seconds / 60,
        "hardware": f"{torch.get_num_threads()} thread(s) of {platform.processor() or platform.machine()}, {os.cpu_count()} cores",
        "versions": {"minivid": minivid.__version__, "torch": torch.__version__, "python": platform.python_version()},
        "finished": time.strftime("%Y-%m-%d"),
    }
    network = run.finish(training)
    trained, weights = dict(network.named_parameters()), checkpoint.weights_of(network)  # buffers stay as they are
    half = {name: halved(weight) if name in trained else weight for name, weight in weights.items()}
    checkpoint.write(path, half, manifest)
    return path
