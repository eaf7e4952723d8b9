"""A learned relative position bias as heat maps, a head each (chapter 3). Tests in tests/chapters/ch03/figures/test_bias.py."""

from jaxtyping import Float
from torch import Tensor

from minivid.show.style import PAGE, Picture, look

LEFT, GAP, TOP, BOTTOM, SCALE = 52, 16, 34, 48, 60  # pixels
WIDEST = 240


def show_bias(bias: Float[Tensor, "heads t t"]) -> Picture:
    """What is added to the score of frame i (rows) for frame j (columns), a panel a head, all on one scale: white is nothing."""
    most, heads = bias.abs().max().item() or 1.0, len(bias)
    side = min(WIDEST, (PAGE - LEFT - SCALE) // heads - GAP)
    with look():
        picture = Picture(LEFT + heads * (side + GAP) + SCALE, TOP + side + BOTTOM)
        for head, numbers in enumerate(bias):
            left = LEFT + head * (side + GAP)
            picture.write(left, 10, f"head {head}", fontsize=10, fontweight="bold")
            axes = picture.axes_at(left, TOP, side, side, xlabel="to frame j")
            image = axes.imshow(
                numbers.numpy(), cmap="PuOr", vmin=-most, vmax=most, interpolation="nearest", aspect="auto"
            )
            axes.set_ylabel("from frame i" if head == 0 else "")
            axes.set(xticks=range(0, len(numbers), 2), yticks=range(0, len(numbers), 2))
            axes.tick_params(labelleft=head == 0)
            axes.grid(False)
        bar = picture.axes_at(LEFT + heads * (side + GAP), TOP, 10, side)
        picture.colorbar(image, cax=bar).outline.set_visible(False)
        bar.tick_params(labelsize=8, length=2)
    return picture
