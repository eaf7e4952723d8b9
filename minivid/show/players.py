"""`player`: clips side by side under one slider and one play button. Its static twin is `show_sheet`.

Tests in tests/show/test_players.py turn the slider without a browser.
"""

import html

import ipywidgets as w
import numpy as np
from jaxtyping import UInt8

from minivid.show.clips import THIN, WIDE
from minivid.show.files import png_bytes
from minivid.show.frames import Frames, enlarge, factor, grid_columns, named, read_all, tile, title
from minivid.show.style import PAGE
from minivid.tools.numbers import Number, Whole, rate, whole

SPEEDS = {"¼×": 0.25, "½×": 0.5, "1×": 1.0, "2×": 2.0}


def player(video: object = None, /, *, fps: Number = 8, height: Whole = 128, **clips: object) -> w.VBox:
    """An ipywidget that plays videos in [-1, 1] in step: play, frame slider, speed. A batch is tiled under its name.

    Its `children` are the pictures and the controls. Raises ValueError for a wrong shape, range or frame count.
    """
    fps, height = rate(fps, most=100, what="a browser plays"), whole(height, "height")
    frames = read_all(named(video, clips), "player")
    t = next(iter(frames.values())).shape[1]
    stills = {name: _stills(f, height) for name, f in frames.items()}
    images = {name: _image(pngs[0], width) for name, (pngs, width) in stills.items()}
    titled = [
        w.VBox(
            [w.HTML(f"<b>{html.escape(title(name))}</b>" if name else ""), image],
            layout=w.Layout(margin=f"0 {WIDE}px 0 0"),
        )
        for name, image in images.items()
    ]

    slider = w.IntSlider(0, 0, t - 1, description="frame", layout=w.Layout(width="320px"))
    play = w.Play(min=0, max=t - 1, interval=round(1000 / fps), repeat=True)
    speed = w.SelectionSlider(
        options=list(SPEEDS.items()), value=1.0, description="speed", layout=w.Layout(width="220px")
    )
    w.jslink((play, "value"), (slider, "value"))

    def turn(change: dict) -> None:
        for name, image in images.items():
            image.value = stills[name][0][change["new"]]

    def pace(change: dict) -> None:
        play.interval = round(1000 / fps / change["new"])

    slider.observe(turn, "value")
    speed.observe(pace, "value")
    pictures = w.HBox(titled, layout=w.Layout(flex_flow="row wrap"))
    return w.VBox([pictures, w.HBox([play, slider, speed])])


def _stills(frames: Frames, height: int) -> tuple[list[bytes], int]:
    """Each frame as a PNG at twice the width it is shown at, so that it stays crisp on a fine display; and that width."""
    n, _, h, width, _ = frames.shape
    k = factor(h, height if n == 1 else height * 3 // 4, width)
    sheet: UInt8[np.ndarray, "t H W c"] = tile(enlarge(frames, k), grid_columns(n, k * width + THIN, PAGE), THIN)
    return [png_bytes(enlarge(still, 2)) for still in sheet], sheet.shape[2]


def _image(png: bytes, width: int) -> w.Image:
    return w.Image(value=png, format="png", layout=w.Layout(width=f"{width}px", max_width="none"))
