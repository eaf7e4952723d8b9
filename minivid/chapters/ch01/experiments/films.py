"""A folder of real video files whose defects are known, for curation to find: photographs under a moving camera, and digit clips.

Two of the photographs come with scikit-learn, the third with matplotlib. What is wrong with a film is drawn by chance, each defect by
itself; every film has a sensor's noise, and is written by the codec of any other film.
"""

import json
import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float
from matplotlib import font_manager
from matplotlib.cbook import get_sample_data
from PIL import Image, ImageDraw, ImageFont
from sklearn.datasets import load_sample_images
from torch import Tensor

from minivid.data import World, from_uint8
from minivid.show import save
from minivid.tools.seeds import Seed, generator

FRAMES, FPS, HEIGHT, WIDTH = 24, 8, 96, 128
DISSOLVE = 6
"""Frames that a slow change from one shot to the next takes."""
CLIPS = World(frames=16, size=32, split="heldout")
WORDS = ("SUBSCRIBE NOW", "preview only", "Chapter one", "© stock footage", "BREAKING NEWS", "see you tomorrow", "1964")
DEFECTS = ("cut", "still", "text", "dull")


@dataclass(frozen=True)
class Film:
    """What is wrong with a film: nothing, or some of DEFECTS."""

    name: str
    cut: bool = False
    slow: bool = False
    """Whether the cut is a dissolve."""
    place: int = 0
    """The frame with which the second shot begins, or the dissolve."""
    still: bool = False
    text: bool = False
    dull: bool = False


@cache
def photographs() -> tuple[Float[Tensor, "1 3 h w"], ...]:
    """A temple, a flower and an admiral, at half their size, in [-1, 1]."""
    with get_sample_data("grace_hopper.jpg") as file:
        portrait = np.asarray(Image.open(file).convert("RGB"))
    pictures = [*load_sample_images().images, portrait]
    whole = (from_uint8(np.array(picture)[None, None])[:, :, 0] for picture in pictures)
    return tuple(F.interpolate(photo, scale_factor=0.5, mode="bilinear", antialias=True) for photo in whole)


def write_folder(folder: Path | str, films: int = 40, clips: int = 32, seed: Seed = 0) -> tuple[list[Film], list[dict]]:
    """Write `folder`/photos and `folder`/digits and return what is true of them: the films, and a dict for each clip.

    Beside the films lie one that was cut short and one of a single frame. A clip's dict has "said", the caption that came with it, and
    "true", its own; of each ten said ones three are another clip's. What was said stands in captions.json too.
    """
    folder = Path(folder)
    for part in ("photos", "digits"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    stream = generator(seed, "films")
    truth = [draw_film(f"film_{i:03}", stream) for i in range(films)]
    for film in truth:
        save(shoot(film, stream), folder / "photos" / f"{film.name}.mp4", fps=FPS, scale=1)
    save(shoot(Film("short"), stream)[:, :, :1], folder / "photos" / "one_frame.mp4", fps=FPS, scale=1)
    whole = (folder / "photos" / f"{truth[0].name}.mp4").read_bytes()
    (folder / "photos" / "broken.mp4").write_bytes(whole[: len(whole) // 2])

    made = CLIPS.sample(clips, seed)
    wrong = (torch.arange(clips) % 10 < 3) & torch.tensor(
        [a != b for a, b in zip(made.caption, turned(made.caption), strict=True)]
    )
    said = [other if bad else own for own, other, bad in zip(made.caption, turned(made.caption), wrong, strict=True)]
    names = [f"clip_{i:03}" for i in range(clips)]
    for name, video in zip(names, made.video, strict=True):
        save(video[None], folder / "digits" / f"{name}.mp4", fps=FPS, scale=1)
    (folder / "captions.json").write_text(json.dumps(dict(zip(names, said, strict=True)), indent=1), encoding="utf-8")
    rows = zip(names, said, made.caption, wrong.tolist(), strict=True)
    return truth, [dict(zip(("name", "said", "true", "wrong"), row, strict=True)) for row in rows]


def turned(captions: list[str]) -> list[str]:
    """Each caption's successor."""
    return captions[1:] + captions[:1]


def draw_film(name: str, stream: torch.Generator) -> Film:
    """A film of which each thing may be wrong."""
    cut, slow, still, text, dull = (
        torch.rand(5, generator=stream) < torch.tensor([0.25, 0.3, 0.15, 0.2, 0.15])
    ).tolist()
    place = int(torch.randint(6, FRAMES - DISSOLVE - 4, (), generator=stream))
    return Film(name, cut, slow and cut, place, still, text, dull)


def shoot(film: Film, stream: torch.Generator) -> Float[Tensor, "1 3 t h w"]:
    """The film itself, in [-1, 1]."""
    video = shot(film.still, stream)
    if film.cut:
        long = DISSOLVE if film.slow else 1
        share = ((torch.arange(FRAMES) - film.place + 1) / long).clamp(0, 1).reshape(-1, 1, 1)
        video = torch.lerp(video, shot(film.still, stream), share)
    if film.dull:
        video = 0.15 * video + 0.15 * video.mean(1, keepdim=True) - 0.5 * torch.rand((), generator=stream)
    video = video + 0.03 * torch.randn(video.shape, generator=stream)
    if film.text:
        ink, around = lettering(stream)
        video = torch.where(ink, 0.95, torch.where(around, -0.95, video))
    return video.clamp(-1, 1)


def shot(still: bool, stream: torch.Generator) -> Float[Tensor, "1 3 t h w"]:
    """A camera that pans and zooms over one of the photographs, slowly or quickly, and shakes a little; or that stands."""
    chance = torch.rand(8, generator=stream).tolist()
    photo = photographs()[int(len(photographs()) * chance[0])]
    h, w = photo.shape[-2:]
    t = torch.arange(FRAMES) * (0.0 if still else 1.0)
    scale = (0.7 + 0.4 * chance[1]) * (
        1 + (0.4 * chance[2] - 0.2) * t / FRAMES
    )  # the photograph's pixels for one of the film's
    centre = torch.tensor([w, h]) * torch.tensor([0.35 + 0.3 * chance[3], 0.35 + 0.3 * chance[4]])
    speed = 0.4 + chance[5] if chance[6] < 0.6 else 2 + chance[5]
    heading = 2 * math.pi * chance[7]
    centre = centre + speed * t[:, None] * torch.tensor([math.cos(heading), math.sin(heading)])  # t xy
    centre = centre + 0.15 * torch.randn(FRAMES, 2, generator=stream) * (0.0 if still else 1.0)
    y, x = (torch.arange(n) - (n - 1) / 2 for n in (HEIGHT, WIDTH))
    across = mirrored(centre[:, None, None, 0] + scale[:, None, None] * x, w)
    down = mirrored(centre[:, None, None, 1] + scale[:, None, None] * y[:, None], h)
    grid = torch.stack(torch.broadcast_tensors(2 * across / w - 1, 2 * down / h - 1), dim=-1)
    frames = F.grid_sample(photo.expand(FRAMES, -1, -1, -1), grid, padding_mode="border", align_corners=False)
    return frames.movedim(0, 1)[None]


def mirrored(place: Tensor, length: int) -> Tensor:
    """A place beyond the photograph's edge, as far within."""
    return length - (place % (2 * length) - length).abs()


def lettering(stream: torch.Generator) -> tuple[Bool[Tensor, "h w"], Bool[Tensor, "h w"]]:
    """Some words, somewhere in the picture, of some size: where their strokes are, and where the dark rim around them is."""
    which, size, x, y = torch.rand(4, generator=stream).tolist()
    words = WORDS[int(len(WORDS) * which)]
    font = ImageFont.truetype(font_manager.findfont("DejaVu Sans:bold"), 9 + int(6 * size))
    rim, strokes = (Image.new("L", (WIDTH, HEIGHT)) for _ in range(2))
    _, top, right, bottom = font.getbbox(words)
    at = (x * max(0, WIDTH - 4 - right) + 2, y * (HEIGHT - 4 - bottom) + 2 - top / 2)
    ImageDraw.Draw(rim).text(at, words, fill=255, font=font, stroke_width=1)
    ImageDraw.Draw(strokes).text(at, words, fill=255, font=font)
    return tuple(torch.from_numpy(np.array(image)) > 127 for image in (strokes, rim))
