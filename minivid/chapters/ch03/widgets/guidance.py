"""The guidance strength under a dial: the same noise and captions, sampled at several strengths (chapter 3).

Tests in tests/chapters/ch03/widgets/test_guidance.py.
"""

import textwrap
from collections.abc import Mapping, Sequence

import ipywidgets as w
from torch import Tensor

from minivid.course.widgets.dial import strips
from minivid.show import show
from minivid.show.frames import read
from minivid.show.style import Picture

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
    n = len(next(iter(pairs.values())))
    named = captions if captions is not None else [f"clip {i}" for i in range(n)]
    rows = [[(f"guidance {scale:g}", first_and_last) for first_and_last in each] for scale, each in pairs.items()]
    wide = 100 // n  # letters
    return strips(rows, heads=[textwrap.fill(f"{name}: first frame, last frame", wide) for name in named[:n]])


def _sorted(videos: Strengths) -> dict[float | int, Tensor]:
    if not videos:
        raise ValueError("guidance_dial was given no videos; expected {strength: clips}, as in {1.0: a, 2.0: b}.")
    return {scale: videos[scale] for scale in sorted(videos)}
