"""Two clips in hidden order, and which is better: a blind test with its interval, kept in a file (chapter 8).

`BlindTest` hides who is who and keeps the answers; `judging` puts it on the page, and `judging_still` is its static twin. Tests in
tests/chapters/ch08/widgets/test_judging.py.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

import ipywidgets as w
import numpy as np
from jaxtyping import UInt8
from torch import Tensor

from minivid.chapters.ch08.exercises.binomial_interval import binomial_interval
from minivid.course.widgets.dial import render_strip, strip_scale
from minivid.show import show
from minivid.show.frames import Frames, read, title
from minivid.show.style import BLUE, FAINT, SOFT, Picture, look
from minivid.tools.files import write_atomically

SIDES = ("A", "B")
WIDTH, EDGE = 840, 8  # pixels

Clip = UInt8[np.ndarray, "t h w c"]
Interval = Callable[[int, int], tuple[float, float]]


@dataclass(frozen=True)
class Answer:
    """Of one pair: whose clip stood at A, and whose was chosen."""

    pair: int
    a: str
    chosen: str


@dataclass
class BlindTest:
    """Pairs of clips by two makers, each pair in an order that nobody is told.

    `clips` has two names with equally many clips `n c t h w` in [-1, 1]; pair i holds the i-th of each. The order of the pairs and the
    sides follow from `seed`. With a `path`, every answer is written at once, and a test that was begun there goes on where it
    stopped. Raises ValueError for other than two equal sets, and for a file that holds another test's answers.
    """

    clips: Mapping[str, Tensor]
    question: str = "Which of the two is better?"
    path: str | Path | None = None
    seed: int = 0
    answers: list[Answer] = field(default_factory=list)

    def __post_init__(self):
        if len(self.clips) != 2:
            raise ValueError(f"A blind test holds two makers against each other; these are {len(self.clips)}.")
        self.frames: dict[str, Frames] = {name: read(video, name) for name, video in self.clips.items()}
        sizes = {name: len(frames) for name, frames in self.frames.items()}
        if len(set(sizes.values())) > 1:
            raise ValueError(f"Each pair has a clip of either maker, so both need equally many; these are {sizes}.")
        chance = np.random.default_rng(self.seed)
        self.order = chance.permutation(len(next(iter(self.frames.values())))).tolist()
        self.swapped = chance.permutation(np.arange(len(self.order)) % 2).astype(bool).tolist()  # each side as often
        if self.path is not None and Path(self.path).exists():
            self._go_on(Path(self.path))

    def __len__(self) -> int:
        return len(self.order)

    @property
    def names(self) -> tuple[str, str]:
        first, second = self.clips
        return first, second

    @property
    def done(self) -> bool:
        return len(self.answers) == len(self)

    def sides(self, turn: int) -> tuple[str, str]:
        """Who stands at A and who at B in the turn-th pair shown. Not for the eyes of who judges."""
        return self.names[::-1] if self.swapped[turn] else self.names

    def pair(self, turn: int) -> dict[str, Clip]:
        """The turn-th pair as it is shown: {"A": frames, "B": frames}."""
        return {side: self.frames[name][self.order[turn]] for side, name in zip(SIDES, self.sides(turn), strict=True)}

    def answer(self, side: str) -> None:
        """Choose "A" or "B" of the pair that is due, and write it down. Raises ValueError for another word, or when all are judged."""
        if side not in SIDES:
            raise ValueError(f"The answer is A or B; this is {side!r}.")
        if self.done:
            raise ValueError(f"All {len(self)} pairs are judged.")
        turn = len(self.answers)
        names = self.sides(turn)
        self.answers.append(Answer(self.order[turn], names[0], names[SIDES.index(side)]))
        if self.path is not None:
            self._write(Path(self.path))

    def wins(self, name: str) -> int:
        """How often this maker's clip was chosen so far."""
        return sum(answer.chosen == name for answer in self.answers)

    def sentence(self, interval: Interval = binomial_interval) -> str:
        """The result in words, with its interval; what it does not say is said too."""
        first, second = map(title, self.names)
        n, won = len(self.answers), self.wins(self.names[0])
        if not n:
            return f"No pair of {first} and {second} is judged yet."
        low, high = interval(won, n)
        told = "told apart" if low > 0.5 or high < 0.5 else "not told apart (0.50 lies in the interval)"
        return f"{first} was chosen over {second} in {won} of {n} pairs: {won / n:.2f} [{low:.2f}, {high:.2f}], {told}."

    def _about(self) -> dict:
        content = hashlib.sha256()
        for name in self.names:
            content.update(self.frames[name].tobytes())
        return {
            "question": self.question,
            "makers": list(self.names),
            "pairs": len(self),
            "seed": self.seed,
            "clips_sha256": content.hexdigest(),
        }

    def _write(self, path: Path) -> None:
        low, high = binomial_interval(self.wins(self.names[0]), len(self.answers))
        kept = self._about() | {
            "answers": [asdict(answer) for answer in self.answers],
            "wins": {name: self.wins(name) for name in self.names},
            "share_of_first": self.wins(self.names[0]) / len(self.answers),
            "interval": [low, high],
        }
        write_atomically(path, json.dumps(kept, indent=1, ensure_ascii=False) + "\n")

    def _go_on(self, path: Path) -> None:
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            answers = [Answer(**answer) for answer in kept["answers"]]
        except (ValueError, TypeError, KeyError) as error:
            raise ValueError(f"{path} holds no answers of a blind test; rename it, or give another path.") from error
        differing = [key for key, value in self._about().items() if kept.get(key) != value]
        if differing:
            raise ValueError(
                f"{path} holds the answers of another test (its {', '.join(differing)} differ); rename it, or give another path."
            )
        self.answers.extend(answers)


def judging(test: BlindTest, interval: Interval = binomial_interval, fps: float | int = 8) -> w.VBox:
    """Two clips, A and B, and a button for each. Names and score appear when the last pair is judged, and not before.

    Its `children` are the head line, the clips, and the buttons; a file that the test has is written at every answer.
    """
    head, clips = w.HTML(), w.HTML()
    buttons = [w.Button(description=f"{side} is better", layout=w.Layout(width="160px")) for side in SIDES]

    def render() -> None:
        if test.done:
            head.value, clips.value = f"<b>Done.</b> {test.sentence(interval)}", ""
            if test.path is not None:
                head.value += f" Written to <code>{Path(test.path).name}</code>."
            for button in buttons:
                button.disabled = True
            return
        turn = len(test.answers)
        head.value = f"<b>{test.question}</b> Pair {turn + 1} of {len(test)}."
        clips.value = show(**_videos(test.pair(turn)), fps=fps, height=160)._repr_html_()

    def press(button: w.Button) -> None:
        test.answer(SIDES[buttons.index(button)])
        render()

    for button in buttons:
        button.on_click(press)
    render()
    return w.VBox([head, clips, w.HBox(buttons)])


def judging_still(test: BlindTest, interval: Interval = binomial_interval, frames: int = 8) -> Picture:
    """The static twin of `judging`: a pair as it is shown, and below it the share of the first maker as answers came in.

    The pair shown is the one that is due, or the first once all are judged.
    """
    turn = 0 if test.done else len(test.answers)
    pair = test.pair(turn)
    t, h, width = pair["A"].shape[:3]
    chosen = np.unique(np.linspace(0, t - 1, min(frames, t)).round().astype(int))
    k = strip_scale(len(chosen), h, width, WIDTH - 2 * EDGE - 24, 80)
    row = h * k + 10
    chart = 164 if test.answers else 0
    with look():
        picture = Picture(WIDTH, 34 + 2 * row + 28 + chart)
        picture.write(
            EDGE,
            8,
            f"{test.question}  Pair {turn + 1} of {len(test)}{', as an example' if test.done else ''}.",
            fontweight="bold",
        )
        picture.write(WIDTH - EDGE, 9, f"frames 0 to {t - 1}, from left to right", ha="right", color=SOFT, fontsize=9)
        for i, (side, clip) in enumerate(pair.items()):
            picture.write(EDGE, 34 + i * row + h * k / 2, side, fontsize=13, fontweight="bold", va="center")
            render_strip(picture, EDGE + 24, 34 + i * row, clip[chosen], k)
        top = 34 + 2 * row + 2
        picture.write(EDGE, top, test.sentence(interval), color=SOFT, fontsize=9)
        if test.answers:
            _chart(picture, top + 34, test, interval)
    return picture


def _chart(picture: Picture, top: float | int, test: BlindTest, interval: Interval) -> None:
    """The share of the first maker after each answer, with its interval, against ½."""
    won = np.cumsum([answer.chosen == test.names[0] for answer in test.answers])
    n = np.arange(1, len(won) + 1)
    low, high = np.array([interval(int(k), int(m)) for k, m in zip(won, n, strict=True)]).T
    axes = picture.axes_at(64, top, WIDTH - 64 - 24, 100, xlabel="pairs judged", ylim=(0, 1))
    axes.set_ylabel(f"share of {title(test.names[0])}", fontsize=9)
    axes.axhline(0.5, color=SOFT, linestyle="--", linewidth=1)
    axes.fill_between(n, low, high, color=BLUE, alpha=0.18, linewidth=0)
    axes.plot(n, won / n, color=BLUE, marker="o", markersize=3)
    axes.set_xlim(0, len(test) + 0.5)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.grid(color=FAINT)


def _videos(pair: Mapping[str, Clip]) -> dict[str, np.ndarray]:
    """Frames `t h w c` as `show` takes clips: c t h w in [-1, 1]."""
    return {side: np.moveaxis(clip.astype(np.float32) / 127.5 - 1, -1, 0) for side, clip in pair.items()}
