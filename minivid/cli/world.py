"""`minivid world`: real clips, with the truth beside them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import arg

from minivid.cli.errors import BadInput, at_least, sentences

if TYPE_CHECKING:
    import numpy as np

    from minivid.data import Clips, World

TOGETHER = 256  # clips that are simulated at once
TRUTH = ("digit", "position", "velocity", "mask", "flow")


def world(
    n: int,
    out: Path,
    like: Annotated[str | None, arg(metavar="NAME|FILE")] = None,
    handwriting: Annotated[str | None, arg(metavar="built-in|mnist")] = None,
    seed: int = 0,
    quiet: bool = False,
) -> int:
    """Write real clips of the world of moving digits: those that a model was trained on, were there no end to them.

    An .npz has the truth beside the picture: caption, digit (n k), position and velocity (n t k 2, pixels, x right and y down),
    mask (n k+1 t h w, the background last), flow (n t-1 2 h w).

    Args:
        n: How many clips.
        out: The file: .gif, .mp4, .png (a row of frames for each clip) or .npz.
        like: A recipe, or a file of weights, whose worlds are meant; they take turns. Without it: one digit, 8 frames of 16×16.
        handwriting: Whose digits move; mnist once `minivid data fetch mnist` has brought it. Without it: as the worlds have it.
        seed: Another seed, other clips.
        quiet: Say nothing but the file's name.
    """
    at_least(1, n=n)
    at_least(0, seed=seed)
    with sentences():
        from minivid.show.files import check_path, save

        check_path(out)
        worlds, arrays = worlds_like(like), out.suffix.lower() == ".npz"
        if handwriting is not None:
            worlds = tuple(replace(world, handwriting=handwriting) for world in worlds)
        if arrays and len({world.digits for world in worlds}) > 1:
            raise BadInput(
                f"the clips of {like} differ in their number of digits, so no array holds their truth: write a picture."
            )
        parts = list(drawn(worlds, n, seed, quiet))
        print(save(_joined("video", parts), out, beside=truth(parts) if arrays else None))
    return 0


def worlds_like(which: str | None) -> tuple["World", ...]:
    """The worlds that are meant. Raises ValueError for an unknown name, and for a model without a world."""
    from minivid import zoo
    from minivid.data import World

    return (World(),) if which is None else zoo.worlds_of(which)


def drawn(worlds: Sequence["World"], n: int, seed: int, quiet: bool = True) -> Iterator["Clips"]:
    """n clips of worlds that take turns, a part at a time, so that memory is bounded; the seed decides."""
    from minivid.batches import in_turns
    from minivid.tools.progress import Progress

    with Progress(n, "clip", quiet=quiet) as bar:
        for first in range(0, n, TOGETHER):
            for part in in_turns(worlds, min(TOGETHER, n - first), (seed, first // TOGETHER)):
                yield part
                bar.update(len(part))


def truth(parts: Sequence["Clips"]) -> dict[str, "np.ndarray"]:
    """What is known of the clips, as arrays."""
    import numpy as np

    captions = [caption for part in parts for caption in part.caption]
    return {"caption": np.asarray(captions), **{name: _joined(name, parts).numpy() for name in TRUTH}}


def _joined(name: str, parts: Sequence["Clips"]):
    import torch

    return torch.cat([getattr(part, name) for part in parts])
