"""A run before it begins: which clips, which network, which training. Written into the run's folder and, with the weights, into their
manifest, so that a run can be taken up as it was begun and a file of weights knows what it makes (tests/test_plan.py).
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeVar

import torch

from minivid.batches import Batches, clips_in, clips_of
from minivid.checkpoint import CheckpointError, write_atomically
from minivid.data.world import World
from minivid.diffusion.objective import Objective
from minivid.nn.unet import UNet, UNetConfig
from minivid.train import TrainConfig, Training, described

Options = TypeVar("Options", World, UNetConfig, TrainConfig)


@dataclass(frozen=True)
class Plan:
    """What a run is. Its clips come from worlds, which take turns in a batch, or from a folder of videos.

    Raises ValueError for clips that the network cannot take.
    """

    name: str
    unet: UNetConfig
    training: TrainConfig
    clip: tuple[int, int, int, int]
    """c t h w of a clip."""
    worlds: tuple[World, ...] = ()
    folder: str | None = None
    """Where the videos lie; None for worlds."""
    fps: float | int | None = None
    """Frames per second that are taken of a video; None for all there are."""

    def __post_init__(self):
        channels, frames, height, width = self.clip
        side = self.unet.patch * 2 ** (len(self.unet.widths) - 1)
        if frames < 1 or height < 1 or width < 1:
            raise ValueError(
                f"a clip of {frames} frames of {height}×{width} holds nothing; expected at least 1 of each."
            )
        if channels != self.unet.channels:
            raise ValueError(f"the U-Net has {self.unet.channels} channels and the clips have {channels}.")
        if height % side or width % side:
            near = " or ".join(str(value) for value in (height // side * side, -(-height // side) * side) if value)
            raise ValueError(
                f"frames of {height}×{width} cannot be halved by this U-Net: height and width must be multiples of {side}, "
                f"such as {near}."
            )

    def batches(self) -> Batches:
        """Where the clips come from. Raises ValueError or FileNotFoundError for a folder without usable videos."""
        return clips_of(*self.worlds) if self.worlds else clips_in(self.videos())

    def videos(self):
        """The folder's videos: a `VideoFolder`."""
        from minivid.data.clips import VideoFolder

        _, frames, height, width = self.clip
        return VideoFolder(self.folder, frames=frames, size=(height, width), fps=self.fps)

    def start(self, out: Path | str | None = None, data: Batches | None = None) -> Training:
        """The run, not yet begun; its state goes to the folder `out`."""
        torch.manual_seed(self.training.seed)
        return Training(UNet(self.unet), data or self.batches(), self.training, out=Path(out) if out else None)

    def described(self) -> dict[str, Any]:
        """As plain JSON values: `Plan.of(plan.described()) == plan`."""
        return json.loads(json.dumps({**asdict(self), "training": described(self.training)}))

    def manifest(self) -> dict[str, Any]:
        """What the weights' manifest keeps of it: where on this disk the videos lie is nobody else's business."""
        return {**self.described(), "folder": Path(self.folder).name if self.folder else None}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "Plan":
        """The plan that `described` wrote. Raises CheckpointError for what this version does not know."""
        return cls(
            name=values["name"],
            unet=restored(UNetConfig, values["unet"]),
            training=training_of(values),
            clip=tuple(values["clip"]),
            worlds=tuple(restored(World, world) for world in values["worlds"]),
            folder=values["folder"],
            fps=values["fps"],
        )

    @staticmethod
    def file(out: Path | str) -> Path:
        """Where a run's folder keeps its plan."""
        return Path(out) / "plan.json"

    def write(self, out: Path | str) -> None:
        """Keep the plan in the run's folder. Raises CheckpointError when folder or disk do not let it."""
        try:
            Path(out).mkdir(parents=True, exist_ok=True)
            write_atomically(self.file(out), (json.dumps(self.described(), indent=1) + "\n").encode())
        except OSError as error:
            raise CheckpointError(
                f"{self.file(out)} could not be written ({error.strerror}). Free some space or choose another folder."
            ) from error

    @classmethod
    def read(cls, out: Path | str) -> "Plan | None":
        """The plan of the run in this folder; None where there is none. Raises CheckpointError for one that cannot be read."""
        path = cls.file(out)
        if not path.is_file():
            return None
        try:
            return cls.of(json.loads(path.read_text(encoding="utf-8")))
        except (KeyError, TypeError, ValueError) as error:
            raise CheckpointError(
                f"{path} is no plan of a run ({error}); start the run again in another folder."
            ) from error

    def differences(self, other: "Plan") -> list[str]:
        """Names of what differs, as in ["steps", "clip"]."""
        mine, theirs = ({**plan.described()} for plan in (self, other))
        ours = mine.pop("training"), theirs.pop("training")
        return sorted(key for a, b in ((mine, theirs), ours) for key in a if a[key] != b[key])


def clip_of(world: World) -> tuple[int, int, int, int]:
    """c t h w of a world's clips."""
    return (3 if world.colour else 1, world.frames, world.height, world.width)


def training_of(values: Mapping[str, Any]) -> TrainConfig:
    """The training in a plan's or a manifest's JSON. Raises CheckpointError for what this version does not know."""
    written = values["training"]
    growth = tuple(tuple(stage) for stage in written.get("growth", ()))
    return restored(TrainConfig, {**written, "objective": Objective(written["objective"]), "growth": growth})


def restored(kind: type[Options], values: Mapping[str, Any]) -> Options:
    """Options from the JSON that they were written as. Raises CheckpointError for an option that is not known here."""
    known = {option.name for option in fields(kind)}
    for name in values:
        if name not in known:
            raise CheckpointError(
                f"{kind.__name__} has no option '{name}': it was written by another version of minivid."
            )
    return kind(**{name: tuple(value) if isinstance(value, list) else value for name, value in values.items()})
