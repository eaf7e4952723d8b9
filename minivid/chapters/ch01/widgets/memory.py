"""The memory of a training step under sliders: frames, pixels, heads, kernel (chapter 1).

Tests in tests/chapters/ch01/widgets/test_memory.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import ipywidgets as w

from minivid.course.widgets.dial import dial
from minivid.nn.memory import PARTS, Kernel, peak_bytes, training_bytes
from minivid.nn.unet import UNetConfig
from minivid.show.style import BLUE, GREEN, ORANGE, RED, SKY, SOFT, Picture, look

COLOURS = dict(zip(PARTS, (SOFT, "#a0a0a0", "#cfcfcf", GREEN, BLUE, SKY, RED, ORANGE), strict=True))
CARDS = {"8 GB": 8e9, "24 GB": 24e9, "80 GB": 80e9}
"""What graphics cards have."""
LEFT, WIDTH, ROW = 190, 840, 44  # pixels


def memory_dial(config: UNetConfig) -> w.VBox:
    """Sliders over a clip of one film and the network's heads: the estimate's parts as one stacked bar."""
    layout = w.Layout(width="270px")
    controls = {
        "frames": w.SelectionSlider(options=[1, 4, 8, 16, 32, 64, 128], value=16, description="frames", layout=layout),
        "side": w.SelectionSlider(options=[16, 32, 64, 128, 256, 512], value=64, description="pixels²", layout=layout),
        "heads": w.SelectionSlider(options=[1, 2, 4, 8, 16], value=config.heads, description="heads", layout=layout),
        "kernel": w.ToggleButtons(options=["fused", "kept"], style={"button_width": "80px"}),
        "checkpointing": w.Checkbox(value=False, description="checkpointing", indent=False),
    }

    def render(frames: int, side: int, heads: int, kernel: Kernel, checkpointing: bool) -> Picture:
        clip = (1, config.channels, frames, side, side)
        parts = training_bytes(replace(config, heads=heads), clip, kernel, checkpointing)
        return bars({f"{frames} × {side} × {side}": parts})

    return dial(render, **controls)


def memory_dial_still(config: UNetConfig) -> Picture:
    """The static twin of `memory_dial`: one clip, then twice the frames, twice the side, twice the heads, scores kept, checkpointing."""

    def parts(frames: int = 16, side: int = 64, heads: int = config.heads, **how) -> dict[str, int]:
        return training_bytes(replace(config, heads=heads), (1, config.channels, frames, side, side), **how)

    return bars(
        {
            "16 × 64 × 64": parts(),
            "twice the frames": parts(frames=32),
            "twice the side": parts(side=128),
            "twice the heads": parts(heads=2 * config.heads),
            "scores kept": parts(kernel="kept"),
            "scores kept, twice the side": parts(side=128, kernel="kept"),
            "checkpointing": parts(checkpointing=True),
        }
    )


def bars(rows: Mapping[str, Mapping[str, int]]) -> Picture:
    """A stacked bar of PARTS for each row, a tick where its peak is, and the sizes of cards that are in sight."""
    longest = max(sum(parts.values()) for parts in rows.values())
    unit, name = (1e9, "GB") if longest > 2e9 else (1e6, "MB")
    with look():
        picture = Picture(WIDTH, 92 + ROW * len(rows))
        axes = picture.axes_at(LEFT, 48, WIDTH - LEFT - 140, ROW * len(rows), xlabel=name)
        axes.set(xlim=(0, 1.02 * longest / unit), ylim=(len(rows) - 0.5, -0.5))
        for y, parts in enumerate(rows.values()):
            start = 0.0
            for part in PARTS:
                axes.barh(y, parts[part] / unit, left=start / unit, height=0.62, color=COLOURS[part])
                start += parts[part]
            peak = peak_bytes(dict(parts)) / unit
            axes.plot([peak, peak], [y - 0.4, y + 0.4], color="black", linewidth=2)
            picture.write(WIDTH - 134, 48 + ROW * (y + 0.5), f"{peak:.3g} {name} at once", va="center", fontsize=9)
        for card, size in CARDS.items():
            if size < 1.02 * longest:
                axes.axvline(size / unit, color=SOFT, linestyle="--", linewidth=1)
                axes.annotate(
                    f"a card of {card}",
                    (size / unit, -0.5),
                    xytext=(3, 3),
                    textcoords="offset points",
                    fontsize=8,
                    color=SOFT,
                )
        axes.set_yticks(range(len(rows)), list(rows))
        axes.grid(axis="y", visible=False)
        _legend(picture, PARTS)
    return picture


def _legend(picture: Picture, parts: Sequence[str]) -> None:
    """The parts' names in one line, each after a square of its colour."""
    left = 8
    for part in parts:
        picture.write(left, 8, "■", color=COLOURS[part], fontsize=11)
        picture.write(left + 14, 10, part, fontsize=9)
        left += 30 + 7 * len(part)
