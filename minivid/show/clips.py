"""`show`: clips as GIFs, side by side and in step, inline in a notebook.

Every row of clips is one GIF, so nothing in it can fall out of step, and all rows hold their frames equally long.
Tests in tests/show/test_clips.py.
"""

import base64
import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from minivid.show.files import mp4_bytes, write
from minivid.show.frames import Frames, as_colour, enlarge, factor, grid_columns, named, read_all, title
from minivid.show.gif import frame_time, gif_bytes
from minivid.show.lettering import letter
from minivid.show.style import PAGE
from minivid.tools.numbers import Number, Whole, whole, words

Captions = Sequence[str] | Sequence[Sequence[str]] | Mapping[str, Sequence[str]] | None

TALL, TALL_IN_A_BATCH = 128, 96  # pixels; a tile's height aimed at
WIDE, THIN = 16, 4  # pixels between differently named clips, and between the clips of a batch


def show(
    video: object = None,
    /,
    *,
    fps: Number = 8,
    captions: Captions = None,
    columns: Whole | None = None,
    height: Whole | None = None,
    **clips: object,
) -> "Showing":
    """Clips `b c t h w` or `c t h w` in [-1, 1] as titled GIFs in step: `show(clip=clip, noisy=noisy)`.

    Single clips stand side by side; a batch fills rows of its own under its name. `captions` go under the clips: one list
    for every batch, a list of lists, or a dict by name. `height` is the tile height aimed at in pixels (pixels are enlarged
    a whole number of times), `columns` the clips in a row. Raises ValueError for a wrong shape, range or frame count.
    """
    frame_time(fps)
    columns = None if columns is None else whole(columns, "columns")
    frames = read_all(named(video, clips), "show")
    said = _captions(captions, frames)
    many = max(len(f) for f in frames.values()) > 4 or len(frames) > 6
    height = (TALL_IN_A_BATCH if many else TALL) if height is None else whole(height, "height")
    tiles = {
        name: [
            Tile(enlarge(clip, factor(clip.shape[1], height, clip.shape[2])), caption)
            for clip, caption in zip(f, said[name], strict=True)
        ]
        for name, f in frames.items()
    }
    if all(len(group) == 1 for group in tiles.values()):
        singles = [Tile(group[0].frames, group[0].caption, title(name)) for name, group in tiles.items()]
        rows = _break(singles, columns, WIDE)
    else:
        rows = [row for name, group in tiles.items() for row in _break(group, columns, THIN, title(name))]
    return Showing(tuple(rows), fps, tuple(frames))


@dataclass(frozen=True)
class Tile:
    frames: UInt8[np.ndarray, "t h w c"]
    caption: str = ""
    title: str = ""


@dataclass(frozen=True)
class Row:
    """Tiles side by side with `gap` pixels between them, under a heading of their own."""

    tiles: tuple[Tile, ...]
    gap: int
    heading: str = ""

    def strip(self) -> UInt8[np.ndarray, "t h w c"]:
        """The tiles as one video on white."""
        colour = any(tile.frames.shape[-1] == 3 for tile in self.tiles)
        tiles = [as_colour(tile.frames) if colour else tile.frames for tile in self.tiles]
        height = max(tile.shape[1] for tile in tiles)
        parts = []
        for tile in tiles:
            below, right = height - tile.shape[1], self.gap if tile is not tiles[-1] else 0
            parts.append(np.pad(tile, ((0, 0), (0, below), (0, right), (0, 0)), constant_values=255))
        return np.concatenate(parts, axis=2)

    def words(self, kind: str) -> UInt8[np.ndarray, "h w"]:
        """A band with the tiles' titles or captions, for files."""
        bands = []
        for tile in self.tiles:
            end = tile is self.tiles[-1]
            band = letter(getattr(tile, kind), tile.frames.shape[2], 12 if kind == "caption" else 13, kind == "title")
            bands.append(np.pad(band, ((0, 0), (0, 0 if end else self.gap)), constant_values=255))
        height = max(len(band) for band in bands)
        return np.concatenate(
            [np.pad(band, ((0, height - len(band)), (0, 0)), constant_values=255) for band in bands], 1
        )


@dataclass(frozen=True)
class Showing:
    """Clips ready to be seen: a notebook plays them, `save` writes them to a file."""

    rows: tuple[Row, ...]
    fps: Number
    names: tuple[str, ...]

    def _repr_html_(self) -> str:
        rows = "".join(_row_html(row, self.fps) for row in self.rows)
        return (
            '<div style="display:inline-block;vertical-align:top;max-width:100%;overflow-x:auto;background:#fff;color:#222;padding:6px 8px;'
            f'font:13px/1.35 system-ui,sans-serif">{rows}</div>'
        )

    def __repr__(self) -> str:
        count = sum(len(row.tiles) for row in self.rows)
        frames = len(self.rows[0].tiles[0].frames)
        names = ", ".join(title(name) for name in self.names if name)
        return (
            f"{count} clip{'s' * (count > 1)} of {frames} frames{f' ({names})' * bool(names)}: a notebook plays them; "
            'elsewhere write them with .save("clips.gif"), .mp4 or .html.'
        )

    def video(self) -> UInt8[np.ndarray, "t h w c"]:
        """Everything on one white sheet, headings, titles and captions drawn in."""
        bands = []
        for row in self.rows:
            strip = row.strip()
            width = strip.shape[2]
            for band in (letter(row.heading, width, bold=True), row.words("title"), strip, row.words("caption")):
                still = band if band.ndim == 4 else np.broadcast_to(band[None, ..., None], (len(strip), *band.shape, 1))
                bands.append(still)
            bands.append(np.full((len(strip), 8, width, 1), 255, np.uint8))
        colour = any(band.shape[-1] == 3 for band in bands)
        width = max(band.shape[2] for band in bands)
        bands = [np.pad(b, ((0, 0), (0, 0), (0, width - b.shape[2]), (0, 0)), constant_values=255) for b in bands]
        sheet = np.concatenate([as_colour(band) if colour else band for band in bands], axis=1)
        return np.pad(sheet, ((0, 0), (8, 0), (8, 8), (0, 0)), constant_values=255)

    def save(self, path: str | Path) -> Path:
        """Write .gif, .mp4 or .html; ValueError for another suffix, FileNotFoundError for a missing folder."""
        makers = {
            ".gif": lambda: gif_bytes(self.video(), self.fps),
            ".mp4": lambda: mp4_bytes(self.video(), self.fps),
            ".html": lambda: f'<!doctype html><meta charset="utf-8">{self._repr_html_()}'.encode(),
        }
        return write(path, makers)


def _break(tiles: list[Tile], columns: Whole | None, gap: int, heading: str = "") -> list[Row]:
    """Rows that fit the page; only the first carries the heading."""
    widest = max(tile.frames.shape[2] for tile in tiles) + gap
    columns = columns or grid_columns(len(tiles), widest, PAGE + gap)
    starts = range(0, len(tiles), columns)
    return [Row(tuple(tiles[i : i + columns]), gap, "" if i else heading) for i in starts]


def _row_html(row: Row, fps: Number) -> str:
    strip = row.strip()
    _, height, width, _ = strip.shape
    source = base64.b64encode(gif_bytes(strip, fps)).decode()
    names = ", ".join(filter(None, [row.heading, *(tile.title or tile.caption for tile in row.tiles)]))
    heading = f'<div style="font-weight:600;margin:2px 0 3px">{html.escape(row.heading)}</div>' if row.heading else ""
    return (
        f"{heading}{_words_html(row, 'title', 'font-weight:600')}"
        f'<img alt="GIF of {len(strip)} frames: {html.escape(names or "a clip")}" width="{width}" height="{height}" '
        'style="image-rendering:pixelated;display:block;max-width:none;margin:0" '
        f'src="data:image/gif;base64,{source}">'
        f"{_words_html(row, 'caption', 'font-size:12px;color:#555')}"
        '<div style="height:8px"></div>'
    )


def _words_html(row: Row, kind: str, style: str) -> str:
    """The tiles' titles or captions, each over or under its own tile."""
    if not any(getattr(tile, kind) for tile in row.tiles):
        return ""
    cells = "".join(
        f'<div style="flex:none;width:{tile.frames.shape[2]}px;overflow-wrap:anywhere;{style}">'
        f"{html.escape(getattr(tile, kind))}</div>"
        for tile in row.tiles
    )
    return f'<div style="display:flex;gap:{row.gap}px;align-items:{"end" if kind == "title" else "start"};margin:2px 0 3px">{cells}</div>'


def _captions(captions: Captions, frames: dict[str, Frames]) -> dict[str, list[str]]:
    """For every named clip as many captions as it has clips; ValueError when they do not match."""
    sizes = {name: len(f) for name, f in frames.items()}
    if captions is None:
        return {name: [""] * n for name, n in sizes.items()}
    if isinstance(captions, str):
        captions = [captions]
    if isinstance(captions, Mapping):
        unknown = set(captions) - set(sizes)
        if unknown:
            raise ValueError(f"captions name {sorted(unknown)}, but the clips are {list(sizes)}.")
        per_clip = {name: words(captions.get(name, [""] * n)) for name, n in sizes.items()}
    elif isinstance(captions, Iterable) and _nested(captions := list(captions)):
        if len(captions) > len(sizes):
            raise ValueError(
                f"There are {len(captions)} lists of captions for {len(sizes)} clips or batches; give one for each."
            )
        per_clip = {name: words(said) for name, said in zip(sizes, captions, strict=False)}
    elif said := words(captions):
        each = set(sizes.values()) == {1} and len(said) == len(sizes)
        per_clip = {name: [said[place]] if each else said for place, name in enumerate(sizes)}
    else:
        per_clip = {}
    for name, n in sizes.items():
        if len(per_clip.get(name, [])) != n:
            raise ValueError(
                f"{name or 'the video'} has {n} clip{'s' * (n > 1)} but {len(per_clip.get(name, []))} captions; give one a clip."
            )
    return per_clip


def _nested(captions: list) -> bool:
    """Whether it is a list of lists of words."""
    return bool(captions) and all(isinstance(said, Iterable) and not isinstance(said, str | bytes) for said in captions)
