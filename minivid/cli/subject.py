"""What `minivid evaluate` is pointed at: a model, a file of clips or a folder of videos, read and checked before any work."""

from pathlib import Path
from typing import TYPE_CHECKING

from minivid.cli.refuse import BadInput

if TYPE_CHECKING:
    import torch

    from minivid.data import World
    from minivid.metrics.measure import Clips


def from_npz(path: Path, n: int | None) -> "Clips":
    """The clips in an .npz: `video` (uint8 n t h w c) and, where there is one, `caption`. Raises BadInput, in a sentence."""
    import zipfile

    import numpy as np

    from minivid.data.video import from_uint8
    from minivid.metrics.measure import Clips

    if not path.is_file():
        raise BadInput(f"there is no file {path}: expected an .npz of clips, a folder of videos, or a model's name.")
    if not zipfile.is_zipfile(path):
        raise BadInput(f"{path} is no whole .npz file: it was cut short or is something else.")
    try:
        with np.load(path) as file:
            names = list(file.files)
            video = file["video"] if "video" in names else None
            captions = [str(caption) for caption in file["caption"]] if "caption" in names else None
    except (zipfile.BadZipFile, OSError, EOFError) as error:
        raise BadInput(f"{path} cannot be read ({error}).") from error
    except ValueError as error:
        raise BadInput(
            f"{path} holds objects instead of one array: its clips differ in shape, or it was pickled. Save `video` as uint8 n t h w c."
        ) from error
    if video is None:
        raise BadInput(f"{path} has no array 'video' (it has {', '.join(names) or 'none'}); expected uint8 n t h w c.")
    if video.dtype != np.uint8:
        raise BadInput(f"'video' in {path} is {video.dtype}{unit_of(video)}; expected uint8, 0 to 255.")
    if video.ndim != 5 or video.shape[-1] not in (1, 3) or 0 in video.shape:
        raise BadInput(
            f"'video' in {path} has shape {video.shape}; expected n t h w c: clips, frames, height, width, 1 or 3 channels."
        )
    if video.max() == 1:
        raise BadInput(f"'video' in {path} holds only 0 and 1; expected levels from 0 to 255.")
    if captions is not None and len(captions) != len(video):
        raise BadInput(f"{path} has {len(video)} clips and {len(captions)} captions; expected one for each.")
    count = min(n or len(video), len(video))
    return Clips(path.name, from_uint8(video[:count]), captions[:count] if captions else None)


def unit_of(video) -> str:
    """What the range of floats says of where they come from."""
    import numpy as np

    if not np.issubdtype(video.dtype, np.floating) or not video.size:
        return ""
    if not np.isfinite(video).all():
        return " with values that are no numbers"
    low, high = float(video.min()), float(video.max())
    if low >= 0 and high <= 1:
        return " in [0, 1] (times 255 makes it bytes)"
    if low >= -1 and high <= 1:
        return " in [-1, 1] (`minivid.data.video.to_uint8` makes it bytes)"
    return f" from {low:.4g} to {high:.4g}"


def from_folder(path: Path, n: int, seed: int, frames: int, size: tuple[int, int]) -> "Clips":
    """n clips drawn from a folder of videos. Raises ValueError or FileNotFoundError where there is none that serves."""
    from minivid.data.clips import VideoFolder
    from minivid.metrics.measure import Clips

    folder = VideoFolder(path, frames=frames, size=size)
    return Clips(f"{path.name} ({len(folder)} videos)", folder.sample(n, (seed,)))


def world_of(clips: "Clips") -> "World | None":
    """The simulator's world that these captions speak of, at the clips' size; None where they are not of its language.

    The words decide: how many digits, which directions and speeds, whether something changes half-way.
    """
    from minivid.data import World, parse

    if not clips.caption:
        return None
    _, channels, frames, height, width = clips.video.shape
    try:
        said = [parse(caption) for caption in dict.fromkeys(clips.caption)]
        if len({len(motions) for motions in said}) != 1:
            return None
        every = [motion for motions in said for motion in motions]
        changes = {
            "direction" if len(motion.directions) == 2 else "speed" if len(motion.speeds) == 2 else None
            for motion in every
        }
        if len(changes) != 1:
            return None
        directions = {word for motion in every for word in motion.directions}
        return World(
            frames=frames,
            size=height if height == width else (height, width),
            digits=len(said[0]),
            colour=channels == 3,
            directions=tuple(dict.fromkeys((*World().directions, *sorted(directions)))),
            change=changes.pop(),
        )
    except ValueError:
        return None


def matched(video: "torch.Tensor", like: "torch.Tensor") -> "torch.Tensor":
    """Grey clips as colour, where those beside them have colour."""
    return video.expand(-1, like.shape[1], -1, -1, -1) if video.shape[1] == 1 else video
