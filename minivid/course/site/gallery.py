"""The gallery: films that the course's own models and its simulator draw, each made by the command that stands under it.

What a picture shows is said in words beside it: what was asked for, which is not always what was drawn. Tests in
tests/course/site/test_gallery.py.
"""

import hashlib
import html
import re
import shlex
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from minivid.checkpoint import WEIGHTS
from minivid.tools.files import write_atomically


@dataclass(frozen=True)
class Film:
    """Clips side by side: what draws them, what each was asked to show, and what else is to be said."""

    title: str
    words: tuple[str, ...]
    captions: tuple[str, ...] = ()
    about: str = ""

    def command(self, out: str | Path) -> list[str]:
        """The words of the command that draws it into the file `out`."""
        asked = [part for caption in self.captions for part in ("--caption", caption)]
        return ["minivid", *self.words, *asked, "--out", str(out)]

    @property
    def model(self) -> str | None:
        """Whose weights it is drawn by; None for real clips."""
        return self.words[1] if self.words[0] == "sample" else None

    @property
    def seen(self) -> str:
        """For those who do not see it."""
        clips = f"{len(self.captions)} clips side by side" if len(self.captions) > 1 else "A clip"
        return f"{clips}, drawn from noise: {'; '.join(self.captions)}" if self.captions else self.about


GREY = ("a 3 moves right, slowly", "a 0 moves left, quickly", "a 7 moves down, slowly", "a 4 moves up, quickly")
COLOUR = ("a red 3 moves down", "a green 0 moves left", "a blue 7 moves right")
FILMS = (
    Film(
        "The world itself",
        ("world", "--like", "vdm-digits", "--n", "4"),
        about="Four real clips of the simulator side by side: a handwritten digit moves over a dark canvas and turns back at its edges",
    ),
    Film("A U-Net, sixteen frames of 32×32", ("sample", "vdm-digits"), GREY, "Chapter 3's network, fifty steps."),
    Film("The same in eight steps", ("sample", "vdm-digits-8"), GREY, "A student of the one above (chapter 4)."),
    Film("A transformer", ("sample", "dit-digits"), GREY, "Chapter 5's network."),
    Film("Small, and at once", ("sample", "vdm-small"), GREY, "Eight frames of 16×16."),
    Film("An image model that has learnt to move", ("sample", "motion-digits"), COLOUR, "Chapter 6's motion module."),
)  # fmt: skip

OPTION = re.compile(r" (--(?:caption|out) )")


class CannotFilm(RuntimeError):
    """A command of the gallery has failed. The message says which, and its last words."""


def draw(film: Film, kept: Path) -> bytes:
    """The GIF, drawn by running the film's command; not again while command and weights are those of the one in `kept`.

    Raises CannotFilm where the command does.
    """
    weights = (WEIGHTS / f"{film.model}.safetensors").read_bytes() if film.model else b""
    same = hashlib.sha256(shlex.join(film.command("-")).encode() + weights).hexdigest()[:24]
    file = kept / f"film-{same}.gif"
    if not file.exists():
        with tempfile.TemporaryDirectory(prefix="minivid-film-") as folder:
            out = Path(folder) / "film.gif"
            command = [sys.executable, "-m", *film.command(out), "--quiet"]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise CannotFilm(f"`{shlex.join(film.command('film.gif'))}` has failed: {done.stderr.strip()[-500:]}")
            kept.mkdir(parents=True, exist_ok=True)
            write_atomically(file, out.read_bytes())
    return file.read_bytes()


def entry(film: Film, address: str) -> str:
    """A film's part of the page, in MyST; its picture is found at `address`."""
    command = OPTION.sub(r" \\\n  \1", shlex.join(film.command(f"{film.model or 'world'}.gif")))  # one option a line
    asked = f" Asked for: {', '.join(f'*{caption}*' for caption in film.captions)}." if film.captions else ""
    return "\n".join(
        (
            f"## {film.title}\n",
            f'<img class="dark-light film" alt="{html.escape(film.seen)}" loading="lazy" src="{address}">\n',
            f"{film.about.rstrip('.')}.{asked}\n",
            f"```sh\n{command}\n```\n",
        )
    )
