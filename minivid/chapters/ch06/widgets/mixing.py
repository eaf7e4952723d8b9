"""α under a slider: the image model's guess at one end, the video model's at the other (chapter 6).

Tests in tests/chapters/ch06/widgets/test_mixing.py.
"""

from collections.abc import Callable, Sequence

import ipywidgets as w
from jaxtyping import Float
from torch import Tensor

from minivid.course.widgets.dial import dial, strips
from minivid.show.frames import read
from minivid.show.style import Picture

Guess = Callable[[float], Float[Tensor, "c t h w"]]


def mixing(guess: Guess, clip: Float[Tensor, "c t h w"], alpha: float = 0.5) -> w.VBox:
    """A slider for α, and under the clip what `guess(α)` makes of it, with its squared error: asked when the slider is let go."""
    layout = w.Layout(width="420px")
    turned = w.FloatSlider(alpha, min=0.0, max=1.0, step=0.1, description="α", continuous_update=False, layout=layout)
    return dial(lambda alpha: mixing_still(guess, clip, [alpha]), alpha=turned)


def mixing_still(guess: Guess, clip: Float[Tensor, "c t h w"], alphas: Sequence[float]) -> Picture:
    """The static twin of `mixing`: the clip, and under it a row for each α."""
    if not alphas:
        raise ValueError("mixing_still was given no α; expected a list of numbers from 0 to 1, as in [1.0, 0.5, 0.0].")
    rows = [[("the clip", read(clip, "clip")[0])]]
    for alpha in alphas:
        x_hat = guess(alpha)
        error = (x_hat - clip).square().mean()
        rows.append([(f"x̂ at α = {alpha:.1f}, squared error {error:.3f}", read(x_hat.clamp(-1, 1), "x̂")[0])])
    return strips(rows, tall=96)
