"""The least loss that compute bought, and a power law with a floor through it: loss = floor + scale · operations^(−power)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minivid.chapters.ch05.experiments.scaling import FRAMES, SIZES, points_of, runs_of
from minivid.course.receipt import Receipt
from minivid.evaluation.report import aligned
from minivid.show.style import PALETTE, SOFT, Picture, look

UNIT = 1e12
"""Operations are counted in these."""
FLOORS = 100
"""How many floors are tried, evenly from 0 to just under the least loss."""


@dataclass(frozen=True)
class Law:
    """floor + scale · (operations / UNIT)^(−power)."""

    floor: float
    scale: float
    power: float

    def at(self, operations: np.ndarray) -> np.ndarray:
        """The loss that it says."""
        return self.floor + self.scale * (np.asarray(operations) / UNIT) ** -self.power


def curves_of(found: Receipt, frames: int) -> list[np.ndarray]:
    """Each run on such clips as operations and held-out loss, `2 points`."""
    return [np.array([(p.operations, p.held_out) for p in points_of(run)]).T for run in runs_of(found, frames)]


def frontier(curves: Sequence[np.ndarray]) -> np.ndarray:
    """Of all points those that no other one equals in loss with less compute, in order: `2 points`."""
    points = np.concatenate(curves, axis=1)
    points = points[:, np.argsort(points[0], kind="stable")]
    before = np.concatenate([[np.inf], np.minimum.accumulate(points[1])[:-1]])
    return points[:, points[1] < before]


def fitted(points: np.ndarray) -> Law:
    """By least squares in the logarithm of the loss: of many floors the best, for each a straight line in log–log by the loss above it.

    Raises ValueError for fewer than four points, which three numbers fit whatever they are.
    """
    operations, loss = points
    if len(loss) < 4:
        raise ValueError(f"a law of three numbers needs at least 4 points on the frontier; there are {len(loss)}.")
    best, least = None, np.inf
    for floor in np.linspace(0, 0.99 * loss.min(), FLOORS):
        slope, height = np.polyfit(np.log(operations / UNIT), np.log(loss - floor), 1, w=(loss - floor) / loss)
        law = Law(float(floor), float(np.exp(height)), float(-slope))
        error = np.square(np.log(law.at(operations) / loss)).sum()
        if error < least:
            best, least = law, error
    return best


def drawn_again(curves: Sequence[np.ndarray], draws: int = 100, seed: int = 0) -> list[Law]:
    """The law of runs drawn with replacement, as often: how far it hangs on which runs there were."""
    random, laws = np.random.default_rng(seed), []
    while len(laws) < draws:
        points = frontier([curves[i] for i in random.integers(len(curves), size=len(curves))])
        if points.shape[1] >= 4:
            laws.append(fitted(points))
    return laws


def interval(values: Sequence[float]) -> tuple[float, float]:
    """In which nine tenths of them lie."""
    low, high = np.quantile(values, (0.05, 0.95))
    return float(low), float(high)


def law_table(found: Receipt, draws: int = 100) -> str:
    """A line a length of clips: the law, and the interval of each of its numbers."""
    rows = [("clips of", "points on the frontier", "compute spans", "power", "floor", "is there a floor?")]
    for frames in FRAMES:
        curves = curves_of(found, frames)
        points, again = frontier(curves), drawn_again(curves, draws)
        law, span = fitted(points), points[0].max() / points[0].min()
        cells = []
        for name in ("power", "floor"):
            low, high = interval([getattr(other, name) for other in again])
            cells.append(f"{getattr(law, name):.2f} ({low:.2f}–{high:.2f})")
        low, high = interval([other.floor for other in again])
        least = points[1].min()
        known = low > 0.05 * least and high - low < 0.5 * least
        answer = "yes" if known else "not to be told from these runs"
        rows.append((f"{frames} frames", str(points.shape[1]), f"a factor {span:.0f}", *cells, answer))
    return "\n".join(aligned(rows))


def sizes_table(found: Receipt) -> str:
    """A line a size: its weights, its learning rate, and its last losses on handwriting of training and on held-out, the mean of the seeds."""
    rows = [("width × depth", "weights", *(f"{f} frames: rate, trained, held out" for f in FRAMES))]
    for size in SIZES:
        cells = []
        for frames in FRAMES:
            runs = [run for run in runs_of(found, frames) if run["size"] == size]
            last = [points_of(run)[-1] for run in runs]
            trained, held_out = (sum(getattr(p, k) for p in last) / len(last) for k in ("trained", "held_out"))
            cells.append(f"×{runs[0]['rate']:g}, {trained:.3f}, {held_out:.3f}")
        rows.append((size, f"{runs[0]['parameters']:,}", *cells))
    return "\n".join(aligned(rows))


def scaling_picture(found: Receipt) -> Picture:
    """Held-out loss against operations, both logarithmic, a panel for each length; every run whole, and the law through the frontier."""
    with look():
        picture = Picture(820, 330)
        for panel, frames in enumerate(FRAMES):
            axes = picture.axes_at(64 + 335 * panel, 34, 270, 236, xscale="log", yscale="log")
            curves = curves_of(found, frames)
            for run, (operations, loss) in zip(runs_of(found, frames), curves, strict=True):
                colour = PALETTE[list(SIZES).index(run["size"])]
                name = run["size"] if run["seed"] == 0 else None
                axes.plot(operations, loss, color=colour, marker="o", markersize=3, linewidth=1, label=name)
            points = frontier(curves)
            across = np.geomspace(points[0].min(), points[0].max(), 100)
            axes.plot(across, fitted(points).at(across), color=SOFT, linestyle="--", label="law")
            axes.set(xlabel="operations", ylabel="held-out loss", title=f"{frames} frames", ylim=(0.15, 0.8))
            axes.set_yticks([0.2, 0.3, 0.4, 0.6, 0.8], ["0.2", "0.3", "0.4", "0.6", "0.8"])
            axes.minorticks_off()
        axes.legend(
            loc="center left",
            bbox_to_anchor=(1.04, 0.5),
            fontsize=9,
            frameon=False,
            title="width × depth",
            title_fontsize=9,
        )
    return picture
