"""Pictures that chapter 7 alone draws. Tests in tests/chapters/ch07/test_experiments.py."""

from minivid.chapters.ch07.experiments.pieces import MEASURES, ROWS, VARIANTS, WHOLE, against_the_whole, of_a_row
from minivid.course.receipt import Receipt
from minivid.show.style import BLUE, FAINT, ORANGE, PAGE, SOFT, Picture, look

ROW, TOP, NAMES, GAP = 28, 46, 138, 14


def show_pieces(found: Receipt) -> Picture:
    """Each measure's mean with its 95 % interval, a column a measure: all pieces in blue; in orange a row whose difference to it,
    clip by clip, leaves out 0."""
    width, height = (PAGE - NAMES - len(MEASURES) * GAP) // len(MEASURES), ROW * len(ROWS)
    with look():
        picture = Picture(PAGE, TOP + height + 36)
        for i, name in enumerate(ROWS):
            picture.write(NAMES - 12, TOP + (i + 0.5) * ROW, name, ha="right", va="center", fontsize=9)
        for column, (measure, title) in enumerate(MEASURES.items()):
            left = NAMES + column * (width + GAP)
            axes = picture.axes_at(left, TOP, width, height, ylim=(len(ROWS) - 0.5, -0.5))
            axes.set_title(title, fontsize=9)
            axes.set_yticks(range(len(ROWS)), [""] * len(ROWS))
            axes.tick_params(axis="y", length=0)
            axes.spines["left"].set_visible(False)
            axes.axhline(len(VARIANTS) - 0.5, color=SOFT, linewidth=0.8, linestyle=":")
            axes.axvline(of_a_row(measure, found["clips"][WHOLE][measure])[0], color=FAINT, linewidth=2)
            for i, name in enumerate(ROWS):
                middle, low, high = of_a_row(measure, found["clips"][name][measure])
                _, least, most = against_the_whole(found, name, measure)
                colour = BLUE if name == WHOLE else ORANGE if least > 0 or most < 0 else SOFT
                axes.plot([low, high], [i, i], color=colour, linewidth=2)
                axes.plot([middle], [i], "o", color=colour, markersize=5)
            axes.margins(x=0.12)
    return picture
