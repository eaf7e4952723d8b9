"""The guidance strength under a dial: the same noise and captions, sampled at several strengths (chapter 3).

Tests in tests/course/widgets/test_guidance.py.
"""

from collections.abc import Mapping, Sequence

import ipywidgets as w
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.show import show, show_image_grid
from minivid.show.style import Picture

Strengths = Mapping[float, Tensor] | Mapping[int, Tensor] | Mapping[float | int, Tensor]


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


def guidance_dial_still(videos: Strengths, captions: Sequence[str] | None = None) -> Picture:
    """The static twin of `guidance_dial`: a row a strength, each clip as one long exposure that brightens with time."""
    rows = {f"guidance {scale:g}": long_exposure(video) for scale, video in _sorted(videos).items()}
    return show_image_grid(**rows, labels=captions)


def long_exposure(video: Float[Tensor, "b c t h w"], first: float = 0.3) -> Float[Tensor, "b c h w"]:
    """All frames in one image: the brightest value each pixel had, earlier frames dimmed (`first` to 1). Black is −1."""
    frames = video.shape[2]
    strength = torch.linspace(first, 1, frames) if frames > 1 else torch.ones(1)
    light = (video.detach().cpu().clamp(-1, 1) + 1) * strength.reshape(-1, 1, 1)
    return light.amax(dim=2) - 1


def _sorted(videos: Strengths) -> dict[float, Tensor]:
    if not videos:
        raise ValueError("guidance_dial was given no videos; expected {strength: clips}, as in {1.0: a, 2.0: b}.")
    return {scale: videos[scale] for scale in sorted(videos)}
