"""The forward process under a slider: a clip sinks into noise as u goes from 0 to 1 (chapter 3).

Tests in tests/chapters/ch03/widgets/test_forward.py.
"""

from collections.abc import Mapping, Sequence

import ipywidgets as w
import torch
from torch import Tensor

from minivid.course.widgets.dial import dial, strips
from minivid.diffusion import COSINE, Schedule, diffuse
from minivid.show.frames import read
from minivid.show.style import BLUE, FAINT, PURPLE, RED, SOFT, Picture, look
from minivid.tools.seeds import plain_generator

CHARTS = 214  # the height of the line of charts, in pixels

Schedules = Schedule | Mapping[str, Schedule]


def forward_process(clip: Tensor, schedules: Schedules = COSINE, seed: int = 0) -> w.VBox:
    """A slider over u: z = α x + σ ε of the first clip of `b c t h w` (or `c t h w`) with α, σ and the log-SNR at u.

    Several schedules, by name, get a switch. The noise ε is one draw from `seed`, so only its strength changes.
    """
    named = _named(schedules)
    u = w.FloatSlider(0.5, min=0.0, max=1.0, step=0.01, description="u", layout=w.Layout(width="420px"))
    controls = {"u": u}
    if len(named) > 1:
        controls["schedule"] = w.ToggleButtons(options=list(named), style={"button_width": "90px"})

    def render(u: float, schedule: str = next(iter(named))) -> Picture:
        return _render(clip, named, schedule, [u], seed)

    return dial(render, **controls)


def forward_process_still(
    clip: Tensor, schedules: Schedules = COSINE, levels: Sequence[float] = (0.0, 0.25, 0.5, 0.75, 1.0), seed: int = 0
) -> Picture:
    """The static twin of `forward_process`: the clip at several u, in the first of the schedules."""
    named = _named(schedules)
    return _render(clip, named, next(iter(named)), list(levels), seed)


def _named(schedules: Schedules) -> dict[str, Schedule]:
    return {"schedule": schedules} if isinstance(schedules, Schedule) else dict(schedules)


def _render(clip: Tensor, schedules: dict[str, Schedule], chosen: str, levels: list[float], seed: int) -> Picture:
    x = clip[:1] if clip.ndim == 5 else clip[None]
    read(x, "clip")  # a wrong shape or range is said before there is noise on it
    eps = torch.randn(x.shape, generator=plain_generator(seed))
    logsnr = schedules[chosen].logsnr(torch.tensor(levels))
    alpha, sigma = schedules[chosen].alpha_sigma(logsnr)

    rows = []
    for i, u in enumerate(levels):
        words = f"u = {u:.2f}     α = {alpha[i]:.3f}     σ = {sigma[i]:.3f}     λ = {logsnr[i]:+.1f}"
        words = words.replace("-0.0", "0.0").replace("+0.0", "0.0").replace("-", "−")
        rows.append([(words, read(diffuse(x, eps, alpha[i], sigma[i]).clamp(-1, 1))[0])])
    picture = strips(rows, above=CHARTS, tall=96 if len(levels) == 1 else 80)
    with look():
        _charts(picture, schedules, chosen, torch.tensor(levels))
    return picture


def _charts(picture: Picture, schedules: dict[str, Schedule], chosen: str, levels: Tensor) -> None:
    """α and σ, and the log-SNR, against u; a dot at each level. Schedules not chosen stay behind, in grey."""
    u = torch.linspace(0, 1, 201)
    left = picture.axes_at(50, 30, 310, CHARTS - 82, xlabel="u", xlim=(-0.02, 1.02), ylim=(-0.05, 1.05))
    right = picture.axes_at(450, 30, 310, CHARTS - 82, xlabel="u", xlim=(-0.02, 1.02), ylim=(-22, 22))
    left.set_title("z = α x + σ ε" + f"  ({chosen})" * (len(schedules) > 1))
    right.set_title("log-SNR  λ = log α²/σ²")
    for name, schedule in sorted(schedules.items(), key=lambda item: item[0] == chosen):
        here = name == chosen
        logsnr, at = schedule.logsnr(u), schedule.logsnr(levels)
        curves = zip(
            (left, left, right),
            (*schedule.alpha_sigma(logsnr), logsnr),
            (*schedule.alpha_sigma(at), at),
            (BLUE, RED, PURPLE),
            strict=True,
        )
        for axes, line, dots, colour in curves:
            axes.plot(u, line, color=colour if here else FAINT)
            if here:
                axes.plot(levels, dots, "o", color=colour, markersize=8, markeredgecolor="white", clip_on=False)
    alpha, sigma = schedules[chosen].alpha_sigma(schedules[chosen].logsnr(u[-1:]))
    for name, height, colour in (("α", float(alpha), BLUE), ("σ", float(sigma), RED)):
        left.annotate(
            name, (1.02, height), xytext=(6, 0), textcoords="offset points", color=colour, va="center", fontsize=11
        )
    if len(schedules) > 1:
        others = ", ".join(name for name in schedules if name != chosen)
        right.text(0.05, 0.1, f"grey: {others}", transform=right.transAxes, color=SOFT, fontsize=9)
