"""Ten years of video generation, as data and as one figure (chapter 1).

Each work is dated by its arXiv number, whose first four digits are year and month of its first version. The route is what its
generator produces; a work that does several things stands where it is new. Checked by tests/chapters/ch01/test_history.py.
"""

from dataclasses import dataclass

from minivid.show.style import BLUE, GREEN, INK, ORANGE, PURPLE, RED, SOFT, Picture, look

ROUTES = {
    "all pixels at once": RED,
    "content and motion": PURPLE,
    "tokens": GREEN,
    "cascade": ORANGE,
    "latents": BLUE,
}
"""The routes, in the order in which they were first taken, and a colour for each."""


@dataclass(frozen=True)
class Work:
    """A paper: what it is called, its arXiv number, its route, and whether it is a diffusion model (a GAN or a language model otherwise)."""

    name: str
    arxiv: str
    route: str
    diffusion: bool = True

    @property
    def date(self) -> float:
        """In years: 2022.25 is April 2022."""
        return 2000 + int(self.arxiv[:2]) + (int(self.arxiv[2:4]) - 1) / 12


WORKS = (
    Work("VGAN", "1609.02612", "all pixels at once", diffusion=False),
    Work("TGAN", "1611.06624", "all pixels at once", diffusion=False),
    Work("MoCoGAN", "1707.04993", "content and motion", diffusion=False),
    Work("DVD-GAN", "1907.06571", "all pixels at once", diffusion=False),
    Work("VideoGPT", "2104.10157", "tokens", diffusion=False),
    Work("StyleGAN-V", "2112.14683", "content and motion", diffusion=False),
    Work("VDM", "2204.03458", "all pixels at once"),
    Work("FDM", "2205.11495", "all pixels at once"),
    Work("CogVideo", "2205.15868", "tokens", diffusion=False),
    Work("Make-A-Video", "2209.14792", "cascade"),
    Work("Phenaki", "2210.02399", "tokens", diffusion=False),
    Work("Imagen Video", "2210.02303", "cascade"),
    Work("MAGVIT", "2212.05199", "tokens", diffusion=False),
    Work("Gen-1", "2302.03011", "latents"),
    Work("LFDM", "2303.13744", "content and motion"),
    Work("Video LDM", "2304.08818", "latents"),
    Work("AnimateDiff", "2307.04725", "latents"),
    Work("SVD", "2311.15127", "latents"),
    Work("Emu Video", "2311.10709", "content and motion"),
    Work("W.A.L.T", "2312.06662", "latents"),
    Work("VideoPoet", "2312.14125", "tokens", diffusion=False),
    Work("Latte", "2401.03048", "latents"),
    Work("Lumiere", "2401.12945", "cascade"),
    Work("CMD", "2403.14148", "content and motion"),
    Work("CogVideoX", "2408.06072", "latents"),
    Work("Movie Gen", "2410.13720", "latents"),
    Work("HunyuanVideo", "2412.03603", "latents"),
    Work("CausVid", "2412.07772", "latents"),
    Work("Wan", "2503.20314", "latents"),
    Work("Self Forcing", "2506.08009", "latents"),
)
"""A choice, in order of time; many others are as good."""

LINE, TOP, LEFT = 16, 34, 176  # pixels
SPLIT = 2022.0
"""Before it the axis is compressed: a year takes a quarter of the room."""


def history_picture() -> Picture:
    """Every work at its date, a band for each route; filled dots are diffusion models."""
    lines = {route: _lines([work for work in WORKS if work.route == route]) for route in ROUTES}
    height = TOP + sum(LINE * (max(places.values()) + 1) + 20 for places in lines.values()) + 40
    with look():
        picture = Picture(840, height)
        axes = picture.axes_at(LEFT, TOP, 656, height - TOP - 40)
        axes.set(xlim=(_x(2016.4), _x(2026.3)), ylim=(height - TOP - 40, 0))
        picture.write(
            8,
            8,
            "● a diffusion model   ○ a GAN, or a language model of tokens   (before 2022 four years take the room of one)",
            color=SOFT,
            fontsize=9,
        )
        top = 0
        for route, colour in ROUTES.items():
            tall = LINE * (max(lines[route].values()) + 1) + 20
            axes.axhspan(top + 2, top + tall - 2, color=colour, alpha=0.08, linewidth=0)
            picture.write(
                LEFT - 10, TOP + top + tall / 2, route, ha="right", va="center", color=colour, fontweight="bold"
            )
            for work in (work for work in WORKS if work.route == route):
                y = top + 17 + LINE * lines[route][work.name]
                face = colour if work.diffusion else "white"
                axes.plot(_x(work.date), y, "o", color=colour, markerfacecolor=face, markersize=6)
                axes.annotate(
                    work.name,
                    (_x(work.date), y),
                    xytext=(6, 0),
                    textcoords="offset points",
                    va="center",
                    fontsize=9,
                    color=INK,
                )
            top += tall
        years = (*range(2017, 2021, 2), *range(2022, 2027))
        axes.set_xticks([_x(year) for year in years], [str(year) for year in years])
        axes.set_yticks([])
        axes.grid(axis="y", visible=False)
        axes.spines["left"].set_visible(False)
    return picture


def _x(date: float | int) -> float:
    return float(date) if date >= SPLIT else SPLIT + (date - SPLIT) / 4


def _lines(works: list[Work]) -> dict[str, int]:
    """A line for each work, so that no name runs into the next dot of its line."""
    ends, places = [], {}
    for work in sorted(works, key=lambda work: work.date):
        start = _x(work.date)
        line = next((i for i, end in enumerate(ends) if end < start), len(ends))
        ends[line:] = [start + 0.16 + 0.062 * len(work.name), *ends[line + 1 :]]
        places[work.name] = line
    return places
