"""The guidance strength under a dial: the same noise and captions, sampled at several strengths (chapter 3).

Tests in tests/chapters/ch03/widgets/test_guidance.py.
"""

import textwrap
from collections.abc import Mapping, Sequence

import ipywidgets as w
from torch import Tensor

from minivid.course.dial import GAP, draw_strip, strip_scale
from minivid.show import show
from minivid.show.frames import read
from minivid.show.style import SOFT, Picture, look

WIDTH, EDGE, APART, HEAD = 840, 8, 20, 56  # pixels
Strengths = Mapping[float | int, Tensor]


def guidance_dial(videos: Strengths, captions: Sequence[str] | None = None, fps: float | int = 8) -> w.VBox:
    """A dial over guidance strengths; `videos` has for each the clips `b c t h w` that were sampled with it.

    Sample all strengths from the same noise and captions, so that the dial changes nothing else.
    """
    pages = {
        scale: show(**{f"guidance {scale:g}": video}, captions=captions, fps=fps)._repr_html_()
        for scale, video in _sorted(videos).items()
    }
    options = [(f"{scale:g}", scale) for scale in pages]
    dial = w.SelectionSlider(options=options, description="guidance", layout=w.Layout(width="420px"))
    page = w.HTML(pages[dial.value])

    def turn(change: dict) -> None:
        page.value = pages[change["new"]]

    dial.observe(turn, "value")
    return w.VBox([dial, page])


def guidance_dial_still(videos: Strengths, captions: Sequence[str] | None = None, clips: int = 4) -> Picture:
    """The static twin of `guidance_dial`: a row a strength, first and last frame of the first `clips` clips."""
    pairs = {scale: read(video, f"guidance {scale:g}")[:clips, [0, -1]] for scale, video in _sorted(videos).items()}
    n, _, h, width, _ = next(iter(pairs.values())).shape
    k = strip_scale(2 * n, h, width, WIDTH - 2 * EDGE - n * APART, 80)
    step, row = 2 * (width * k + GAP) + APART, h * k + 28
    with look():
        picture = Picture(2 * EDGE + n * step - APART, HEAD + row * len(pairs))
        for i in range(n):
            left = EDGE + i * step
            caption = captions[i] if captions is not None else f"clip {i}"
            picture.write(left, 6, textwrap.fill(caption, int(step / 7.5)), color=SOFT, fontsize=9, linespacing=1.1)
            picture.write(left, HEAD - 16, "first frame", color=SOFT, fontsize=8)
            picture.write(left + width * k + GAP, HEAD - 16, "last", color=SOFT, fontsize=8)
            for j, clip_pairs in enumerate(pairs.values()):
                draw_strip(picture, left, HEAD + j * row + 20, clip_pairs[i], k)
        for j, scale in enumerate(pairs):
            picture.write(EDGE, HEAD + j * row + 2, f"guidance {scale:g}", fontweight="bold")
    return picture


def _sorted(videos: Strengths) -> dict[float | int, Tensor]:
    if not videos:
        raise ValueError("guidance_dial was given no videos; expected {strength: clips}, as in {1.0: a, 2.0: b}.")
    return {scale: videos[scale] for scale in sorted(videos)}
