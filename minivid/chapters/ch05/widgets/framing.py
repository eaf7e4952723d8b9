"""How often a digit is whole, cut off by the frame, or gone: a bar for each training, and one for real clips."""

from collections.abc import Mapping

from minivid.show.style import BLUE, FAINT, ORANGE, SOFT, Picture, look

COLOURS = {"whole": BLUE, "cut": ORANGE, "gone": FAINT}
LEFT, WIDTH, ROW, TOP, FOOT = 250, 420, 26, 76, 44


def framing_bars(bars: Mapping[str, Mapping[str, float]], heading: str) -> Picture:
    """Bars by name, each the shares of frames that are whole, cut and gone, the number of the whole ones beside it."""
    with look():
        picture = Picture(LEFT + WIDTH + 70, TOP + ROW * len(bars) + FOOT)
        picture.write(8, 8, heading, fontsize=12, fontweight="bold")
        axes = picture.axes_at(LEFT, TOP, WIDTH, ROW * len(bars))
        for row, shares in enumerate(bars.values()):
            start = 0.0
            for name, colour in COLOURS.items():
                axes.barh(row, shares[name], left=start, height=0.7, color=colour, label=name if row == 0 else None)
                start += shares[name]
            axes.text(1.02, row, f"{shares['whole']:.0%}", va="center", fontsize=9)
        axes.set_yticks(range(len(bars)), list(bars))
        axes.set(xlim=(0, 1), ylim=(len(bars) - 0.5, -0.5), xlabel="share of frames")
        axes.set_xticks([0, 0.5, 1], ["0", "½", "1"])
        axes.grid(False)
        axes.tick_params(axis="y", length=0)
        axes.spines["left"].set_visible(False)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=len(COLOURS), borderpad=0, handlelength=1.2)
        picture.write(LEFT + WIDTH + 8, TOP - 20, "whole", fontsize=9, color=SOFT)
    return picture
