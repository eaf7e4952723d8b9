"""Which break is it? An x–t slice and four buttons; the film plays once the answer is given (chapter 1).

`Quiz` keeps the films and the score; `quiz` puts it on the page, and `quiz_still` is its static twin. Tests in
tests/chapters/ch01/widgets/test_quiz.py.
"""

from dataclasses import dataclass, field

import ipywidgets as w
import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch01.camera import KINDS, film, slices
from minivid.show import show, show_slice
from minivid.show.style import Picture, look
from minivid.tools.seeds import Seed, generator

SIGNS = {
    "steady": "what stands still is upright, what moves is slanted, and no line is broken",
    "flicker": "stripes from side to side: a whole frame is brighter or darker than the one before",
    "drift": "what should be upright leans, and all of it by the same slant",
    "jump": "every line breaks at one and the same frame",
}
"""How each kind of film is known in its slice."""


@dataclass
class Quiz:
    """n films of KINDS in an order of chance, each kind about equally often, and what has been said of them."""

    n: int = 8
    seed: Seed = 0
    said: list[str] = field(default_factory=list)

    def __post_init__(self):
        if self.n < 1:
            raise ValueError(f"A quiz has at least one film; this is n={self.n}.")
        order = torch.randperm(self.n, generator=generator(self.seed, "order")).tolist()
        self.kinds = [KINDS[i % len(KINDS)] for i in order]
        self.films = [film(kind, 1, (i,)) for i, kind in enumerate(self.kinds)]

    @property
    def done(self) -> bool:
        return len(self.said) == self.n

    @property
    def right(self) -> int:
        return sum(said == kind for said, kind in zip(self.said, self.kinds, strict=False))

    def say(self, word: str) -> str:
        """Name the film that is due; what it is, and how to see it. Raises ValueError for another word, or when all are named."""
        if word not in KINDS:
            raise ValueError(f"A film is one of {', '.join(KINDS)}; this is {word!r}.")
        if self.done:
            raise ValueError(f"All {self.n} films are named.")
        kind = self.kinds[len(self.said)]
        self.said.append(word)
        return f"{'Yes' if word == kind else 'No'}, {kind}: {SIGNS[kind]}."

    def slice(self, i: int) -> Picture:
        """The i-th film's x–t slice, cut where its digit moves."""
        return show_slice(self.films[i], row=row_of(self.films[i]))


def row_of(video: Float[Tensor, "1 1 t h w"]) -> int:
    """The row that `slices` cuts."""
    return int(video.mean((1, 2, 4)).argmax())


def quiz(game: Quiz) -> w.VBox:
    """The slice of one film after the other, and a button for each kind. The film itself plays when it has been named.

    Its `children` are the slice, the buttons, and what is said.
    """
    picture, words = w.Image(format="png", layout=w.Layout(width="252px")), w.HTML()
    buttons = [w.Button(description=kind, layout=w.Layout(width="110px")) for kind in KINDS]

    def draw() -> None:
        if not game.done:
            picture.value = game.slice(len(game.said)).png()

    def press(button: w.Button) -> None:
        told = game.say(button.description)
        seen = show(game.films[len(game.said) - 1])._repr_html_()
        words.value = f"<b>{told}</b> {game.right} of {len(game.said)} right.<br>{seen}"
        for one in buttons:
            one.disabled = game.done
        draw()

    for button in buttons:
        button.on_click(press)
    draw()
    return w.VBox([picture, w.HBox(buttons), words])


def quiz_still(game: Quiz, columns: int = 4) -> Picture:
    """The static twin of `quiz`: the slices of all its films, under letters."""
    side, step, lines = 160, 202, -(-game.n // columns)
    with look():
        picture = Picture(40 + columns * step, lines * 216 + 30)
        for i, video in enumerate(game.films):
            column, line = i % columns, i // columns
            axes = picture.axes_at(54 + column * step, 26 + line * 216, side, side, title=chr(ord("A") + i))
            axes.imshow(slices(video)[0].numpy(), vmin=-1, vmax=1, aspect="auto")
            axes.grid(visible=False)
            axes.set_ylabel("t (frames)" if column == 0 else "")
            axes.set_xlabel("x (pixels)" if i + columns >= game.n else "")
    return picture
