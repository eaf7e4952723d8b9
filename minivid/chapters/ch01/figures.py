"""Chapter 1's charts, each from its receipt. Checked by tests/chapters/ch01/test_figures.py."""

import torch

from minivid.chapters.ch01.history import ROUTES
from minivid.course.receipt import Receipt
from minivid.show import show_curves
from minivid.show.style import PALETTE, Picture, look


def memory_chart(counted: Receipt) -> Picture:
    """Bytes at once over the frames, for each size of picture: measured as dots, estimated as a line."""
    lengths, sides = (sorted({point["clip"][axis] for point in counted["grid"]}) for axis in (2, 3))
    found = {(point["clip"][2], point["clip"][3]): point for point in counted["grid"]}
    with look():
        picture = Picture(640, 340)
        axes = picture.axes_at(76, 30, 400, 250, xscale="log", yscale="log", xlabel="frames", ylabel="MB at once")
        for colour, side in zip(PALETTE, sides, strict=False):
            measured, estimate = ([found[n, side][key] / 1e6 for n in lengths] for key in ("measured", "estimate"))
            axes.plot(lengths, measured, "o", color=colour, label=f"{side} × {side}, measured")
            axes.plot(lengths, estimate, color=colour, label="estimate")
        axes.set_title("A training step of one clip")
        axes.set_xticks(lengths, lengths)
        axes.minorticks_off()
        picture.legend(loc="outside right center")
    return picture


def steadying_chart(tried: Receipt) -> Picture:
    """Decibels that each loss gains over doing nothing, against its weight; the band holds all seeds."""
    curves, bands = {}, {}
    for name in ("difference", "warped"):
        gains = torch.tensor(
            [
                [run["psnr"] - before["psnr"] for run in runs]
                for runs, before in zip(tried[name], tried["flickering"], strict=True)
            ]
        )
        curves[name], bands[name] = gains.mean(0), (gains.amin(0), gains.amax(0))
    return show_curves(
        torch.tensor(tried["weights"]).log10(),
        curves,
        bands=bands,
        regions={"as it flickered": 0.0},
        xlabel=f"log₁₀ λ; band: from the worst to the best of {len(tried.seeds)} seeds",
        ylabel="decibels gained",
        heading="Which loss makes the film better, and how much of it?",
        dots=True,
    )


def routes_chart(costs: Receipt) -> Picture:
    """What each route's film is, what its training holds and what a film takes, side by side."""
    routes = {route: costs["routes"][route] for route in ROUTES}
    charts = {
        "numbers of the film": [cost["numbers"] for cost in routes.values()],
        "MB of a training step": [cost["peak"] / 1e6 for cost in routes.values()],
        "processor seconds a film": [cost["calls"] * cost["call"] for cost in routes.values()],
    }
    rows = range(len(routes))
    with look():
        picture = Picture(840, 250)
        for i, (name, values) in enumerate(charts.items()):
            axes = picture.axes_at(150 + 230 * i, 34, 205, 170, title=name, xscale="log", ylim=(4.6, -0.6))
            axes.barh(rows, values, color=list(ROUTES.values()), height=0.7)
            axes.set_yticks(rows, list(routes) if i == 0 else [""] * len(routes))
            axes.set_xlim(min(values) / 3, max(values) * 40)
            for y, value in enumerate(values):
                words = f"{value:,.3g}" if value < 1000 else f"{value:,}"
                axes.annotate(words, (value, y), xytext=(4, 0), textcoords="offset points", va="center", fontsize=9)
            axes.grid(axis="y", visible=False)
    return picture
