"""What a run is, before it begins: which network, which loss, which clips, which training (chapter 3; tests/test_run.py).

Written into the run's folder and, with the weights, into their manifest: a run can be taken up as it was begun, and a file of weights
knows what it makes and how it is sampled.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from minivid.batches import Batches, clips_in, clips_of
from minivid.checkpoint import CheckpointError
from minivid.data.world import World
from minivid.diffusion.objective import Denoising
from minivid.nn.network import NetworkConfig
from minivid.nn.unet import UNetConfig
from minivid.tools.files import write_atomically
from minivid.tools.options import described, named, restored, restored_as_named
from minivid.train import Loss, TrainConfig, Training, Update, apart, update

FILE, FILE_BEFORE = "run.json", "plan.json"
NOT_NAMES = ("", ".", "..", "state", "run", "plan")
"""What no run is called, since its weights' manifest would stand in the place of the run's own files."""
PARTS = {"network": named, "loss": named, "training": described}
"""What a run is made of, and how each part is written down."""


@dataclass(frozen=True)
class Run:
    """A network, the loss that it is trained on, and its clips: of worlds, or of a folder of videos.

    Raises ValueError for clips that the network cannot take, and for a name that is no file's.
    """

    name: str
    network: NetworkConfig
    loss: Loss = field(default_factory=Denoising)
    training: TrainConfig = field(default_factory=TrainConfig)
    worlds: tuple[World, ...] = ()
    clip: tuple[int, int, int, int] | None = None
    """c t h w of a clip; without it, of the first world's."""
    folder: str | None = None
    """Where the videos lie; None for worlds."""
    fps: float | int | None = None
    """Frames per second that are taken of a video; None for all there are."""

    def __post_init__(self):
        if self.clip is None:
            if not self.worlds:
                raise ValueError(
                    f"nothing says what clips {self.name} is of: give worlds, or clip=(channels, frames, height, width)."
                )
            object.__setattr__(self, "clip", clip_of(self.worlds[0]))
        if Path(self.name).name != self.name or self.name in NOT_NAMES:
            raise ValueError(
                f"a run cannot be called {self.name!r}: its weights become NAME.safetensors beside the run's state."
            )
        # a loss that makes its own batches may make something else of the worlds' clips
        seen = () if hasattr(self.loss, "batches") else map(clip_of, self.worlds)
        for clip in {self.clip, *seen}:
            self.network.check(clip)

    @property
    def captions(self) -> bool:
        """Whether its network is told what to make."""
        return bool(self.network.vocabulary) and bool(self.worlds)

    def batches(self) -> Batches:
        """Where the clips come from. Raises ValueError or FileNotFoundError for a folder without usable videos."""
        if not self.worlds and self.folder is None:
            raise ValueError(f"{self.name} has neither worlds nor a folder of videos: give start(data=...) its clips.")
        if hasattr(self.loss, "batches"):  # one that wants to know more of a clip than its caption
            return self.loss.batches(*self.worlds)
        return clips_of(*self.worlds) if self.worlds else clips_in(self.videos())

    def videos(self):
        """The folder's videos: a `VideoFolder`."""
        from minivid.data.clips import VideoFolder

        _, frames, height, width = self.clip
        return VideoFolder(self.folder, frames=frames, size=(height, width), fps=self.fps)

    def start(
        self,
        out: Path | str | None = None,
        data: Batches | None = None,
        build: Callable[[], nn.Module] | None = None,
        update: Update = update,
    ) -> Training:
        """The run, not yet begun; its state goes to the folder `out`. Raises ValueError for what no manifest could hold.

        build: what makes the network in the place of its configuration, of weights with the same names. update: what a step does.
        """
        if out:
            self.manifest()
        torch.manual_seed(self.training.seed)
        network = (build or self.network.build)()
        if hasattr(self.loss, "begin"):
            self.loss.begin(network)
        return Training(network, data or self.batches(), self.loss, self.training, Path(out) if out else None, update)

    def finish(self, training: Training, n: int = 128) -> nn.Module:
        """The network that is kept: the averaged one; one that has to be calibrated sees n clips of each world first."""
        if hasattr(training.ema, "calibrate"):
            key = (self.training.seed, self.training.steps)  # of a step that was never taken
            training.ema.calibrate(
                *(world.sample(n, key).video.to(training.accelerator.device) for world in self.worlds)
            )
        return training.ema

    def described(self) -> dict[str, Any]:
        """As plain JSON values: `Run.of(run.described()) == run`."""
        parts = {name: write(getattr(self, name)) for name, write in PARTS.items()}
        rest = {"clip": list(self.clip), "worlds": [described(world) for world in self.worlds]}
        return {"name": self.name, **parts, **rest, "folder": self.folder, "fps": self.fps}

    def manifest(self) -> dict[str, Any]:
        """What the weights' manifest keeps of it: where on this disk the videos lie is nobody else's business."""
        return {**self.described(), "folder": Path(self.folder).name if self.folder else None}

    @classmethod
    def of(cls, values: Mapping[str, Any], worlds: tuple[World, ...] = ()) -> "Run":
        """The run that `described` wrote, or that a manifest keeps; `worlds` where an old one does not name them.

        Raises ValueError or KeyError for what this version does not know.
        """
        values = as_now(values)
        network = restored_as_named(values["network"])
        if not isinstance(network, NetworkConfig):
            raise ValueError(f"{values['network']['is']} is no configuration of a network.")
        return cls(
            name=values["name"],
            network=network,
            loss=restored_as_named(values["loss"]),
            training=restored(TrainConfig, values["training"]),
            worlds=tuple(restored(World, world) for world in values["worlds"]) if "worlds" in values else worlds,
            clip=tuple(values["clip"]) if "clip" in values else None,
            folder=values.get("folder"),
            fps=values.get("fps"),
        )

    def write(self, out: Path | str) -> None:
        """Keep the run's description in its folder. Raises CheckpointError when folder or disk do not let it."""
        path = Path(out) / FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, (json.dumps(self.described(), indent=1) + "\n").encode())
        except OSError as error:
            raise CheckpointError(
                f"{path} could not be written ({error.strerror}). Free some space or choose another folder."
            ) from error

    @classmethod
    def read(cls, out: Path | str) -> "Run | None":
        """The run of this folder; None where none was written down. Raises CheckpointError for one that cannot be read."""
        path = next((path for name in (FILE, FILE_BEFORE) if (path := Path(out) / name).is_file()), None)
        if path is None:
            return None
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{path} does not say what the run is ({error}); start it again in another folder."
            ) from error

    def differences(self, other: "Run") -> list[str]:
        """Names of what differs, as in ["steps", "clip"]."""
        mine, theirs = flat(self.described()), flat(other.described())
        return sorted({name for name in mine | theirs if mine.get(name) != theirs.get(name)})


def flat(values: Mapping[str, Any]) -> dict[str, Any]:
    """A run's description with the options of its training and its loss beside the rest; the network is one thing."""
    return {**values, "training": None, "loss": None, **values["training"], **values["loss"]}


def clip_of(world: World) -> tuple[int, int, int, int]:
    """c t h w of a world's clips."""
    return (3 if world.colour else 1, world.frames, world.height, world.width)


def as_now(values: Mapping[str, Any]) -> dict[str, Any]:
    """A run as an earlier minivid wrote it, in today's words: 'unet' was the network, and the training had the objective.

    Their schedule was the cosine: there was no other.
    """
    if "unet" not in values:
        return dict(values)
    training, loss = apart(values["training"])
    network = {**named(UNetConfig()), **values["unet"]}
    return {**values, "network": network, "training": training, "loss": loss}
