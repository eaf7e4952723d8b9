"""The U-Net drawn from itself: a clip is sent through, and what each part made of it is written down (chapter 3).

Tests in tests/chapters/ch03/figures/test_diagram.py.
"""

from contextlib import ExitStack
from dataclasses import dataclass, replace

import torch
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch
from torch import Tensor, nn

from minivid.nn.condition import Cond
from minivid.nn.unet import Given, Stage, UNet
from minivid.show.style import BLUE, INK, PAGE, RED, SOFT, Picture, look

STEP, HEIGHT, TOP = 60, 44, 40  # pixels: from box to box, of a box, above the first
DOWN, UP, INSIDE = (8, 190), (318, 190), (570, 262)  # left edge and width of each column
EMBED, WORDS, BIAS = "embed", "words", "bias"


@dataclass(frozen=True)
class Box:
    """One part of the network: what came in and out, each `c t h w`, and which of the things that a stage is given it was handed."""

    name: str
    before: tuple[int, ...]
    after: tuple[int, ...]
    told: tuple[str, ...] = ()

    @property
    def shape(self) -> str:
        """Channels, with an arrow where they change; frames; height and width."""
        channels = f"{self.before[0]} → {self.after[0]}" if self.before[0] != self.after[0] else f"{self.after[0]}"
        return " × ".join([channels, *map(str, self.after[1:])])


@dataclass(frozen=True)
class Trace:
    """A network's parts in the order in which a clip went through them; what is inside its first stage; and what that was given."""

    down: list[Box]
    middle: Box
    up: list[Box]
    stage: list[Box]
    given: dict[str, tuple[int, ...]]


def trace(unet: UNet, z: Tensor, logsnr: Tensor, cond: Cond | None = None) -> Trace:
    """Send the clips z `b c t h w` through the network and write down, by forward hooks, what passes each part."""
    seen: dict[nn.Module, Box] = {}
    given: dict[str, Tensor] = {}
    first = next(layer for layer in unet.down if isinstance(layer, Stage))

    def look_in(module: nn.Module, args: tuple, kwargs: dict) -> None:
        told: Given = args[1]
        given.update({EMBED: told.embed})
        given.update({WORDS: told.words[0]} if told.words else {})
        given.update({BIAS: told.bias} if told.bias is not None else {})

    def note(module: nn.Module, args: tuple, kwargs: dict, out: Tensor) -> None:
        handed = [*args, *kwargs.values()]
        told = tuple(name for name, tensor in given.items() if any(one is tensor for one in handed))
        seen[module] = Box(type(module).__name__, tuple(args[0].shape[1:]), tuple(out.shape[1:]), told)

    outer = [unet.conv_in, *unet.down, unet.middle, *unet.up, unet.conv_out]
    with ExitStack() as hooks, torch.no_grad():
        hooks.callback(first.register_forward_pre_hook(look_in, with_kwargs=True).remove)
        for module in [*outer, *first.children()]:
            hooks.callback(module.register_forward_hook(note, with_kwargs=True).remove)
        out = unet(z, logsnr, cond)
    patch = f"{unet.config.patch}×{unet.config.patch}"
    enters = replace(seen[unet.conv_in], name=f"folded {patch}; {seen[unet.conv_in].name}")
    leaves = replace(seen[unet.conv_out], name=f"{seen[unet.conv_out].name}; unfolded")
    return Trace(
        [Box("z, the noisy clip", z.shape[1:], z.shape[1:]), enters, *(seen[layer] for layer in unet.down)],
        seen[unet.middle],
        [*(seen[layer] for layer in unet.up), leaves, Box("v, the answer", out.shape[1:], out.shape[1:])],
        [replace(seen[child], name=f"{name}: {seen[child].name}") for name, child in first.named_children()],
        {name: tuple(tensor.shape) for name, tensor in given.items()},
    )


def show_unet(unet: UNet, z: Tensor, logsnr: Tensor, cond: Cond | None = None) -> Picture:
    """The way of a clip down and up, skip connections across, and beside it what is inside a stage."""
    found = trace(unet, z, logsnr, cond)
    height = TOP + max((len(found.down) + 1) * STEP, len(found.stage) * STEP + 30 + 20 * len(found.given))
    with look():
        picture = Picture(PAGE, height)
        axes = picture.axes_at(0, 0, PAGE, height, xlim=(0, PAGE), ylim=(height, 0))
        axes.axis("off")
        _ways(axes, found)
        _inside(axes, found)
    return picture


def _ways(axes: Axes, found: Trace) -> None:
    """The two columns, the middle below them, an arrow from part to part, a dashed one for each skip connection."""
    frames = found.middle.after[1]
    axes.text(DOWN[0], 20, f"Down and up: channels × {frames} frames × height × width", fontweight="bold", va="center")
    bottom = len(found.down)
    for row, box in enumerate(found.down):
        _box(axes, DOWN, row, box)
        _arrow(axes, (_centre(DOWN), _y(row) + HEIGHT), (_centre(DOWN), _y(row + 1)))
    middle = (DOWN[0], sum(UP) - DOWN[0])
    _box(axes, middle, bottom, found.middle)
    _arrow(axes, (_centre(UP), _y(bottom)), (_centre(UP), _y(bottom - 1) + HEIGHT))
    for i, box in enumerate(found.up):
        row = bottom - 1 - i
        _box(axes, UP, row, box)
        if row > 0:
            _arrow(axes, (_centre(UP), _y(row)), (_centre(UP), _y(row - 1) + HEIGHT))
        across = found.down[row]
        if across.name == box.name == Stage.__name__:
            height = _y(row) + HEIGHT / 2
            _arrow(axes, (sum(DOWN), height), (UP[0], height), linestyle="--", color=BLUE)
            axes.text(
                (sum(DOWN) + UP[0]) / 2, height - 4, f"skip, {across.after[0]}", ha="center", color=BLUE, fontsize=9
            )


def _inside(axes: Axes, found: Trace) -> None:
    """What the first stage does, from top to bottom, and what it was given."""
    axes.text(INSIDE[0], 20, "Inside a Stage (the first)", fontweight="bold", va="center")
    for row, box in enumerate(found.stage):
        _box(axes, INSIDE, row, box)
        if row + 1 < len(found.stage):
            _arrow(axes, (_centre(INSIDE), _y(row) + HEIGHT), (_centre(INSIDE), _y(row + 1)))
    axes.text(INSIDE[0], _y(len(found.stage)) + 4, "Given to every stage", fontweight="bold", va="center")
    for i, (name, shape) in enumerate(found.given.items()):
        words = f"{name}: {' × '.join(map(str, shape))}"
        axes.text(INSIDE[0], _y(len(found.stage)) + 28 + 20 * i, words, color=RED, fontsize=9, va="center")


def _box(axes: Axes, column: tuple[int, int], row: int, box: Box) -> None:
    left, width = column
    edge = INK if box.name == Stage.__name__ else SOFT
    style = "round,pad=0,rounding_size=5"
    axes.add_patch(FancyBboxPatch((left, _y(row)), width, HEIGHT, boxstyle=style, facecolor="white", edgecolor=edge))
    axes.text(left + 8, _y(row) + 13, box.name, va="center", fontsize=9, fontweight="bold")
    axes.text(left + 8, _y(row) + 32, box.shape, va="center", fontsize=9)
    if box.told:
        axes.text(
            left + width - 8,
            _y(row) + 32,
            f"told {', '.join(box.told)}",
            va="center",
            ha="right",
            fontsize=9,
            color=RED,
        )


def _arrow(axes: Axes, start: tuple[float | int, float | int], end: tuple[float | int, float | int], **style) -> None:
    look = {"arrowstyle": "-|>", "color": SOFT, "shrinkA": 1, "shrinkB": 1, **style}
    axes.annotate("", end, start, arrowprops=look)


def _y(row: int) -> int:
    return TOP + row * STEP


def _centre(column: tuple[int, int]) -> float:
    return column[0] + column[1] / 2
