"""Pictures made light for the web, none of them left out: each becomes a WebP file named by what is in it.

They stay exact, colour for colour, as long as a page has room for that. Where it has not, those are coded with loss which gain most by it,
and no more of them than must be: first what is as rich as a photograph. A film keeps its frames and how long each is shown.
Tests in tests/course/site/test_pictures.py.
"""

import hashlib
import io
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PIL import Image, ImageSequence

from minivid.tools.files import write_atomically

ROOM = 950_000  # bytes for the pictures of a page
EXACT = {"lossless": True, "quality": 80, "method": 4}
LOSSY = {"lossless": False, "quality": 84, "method": 4}


@dataclass(frozen=True)
class Pictures:
    """The folder of the site's pictures, and one in which they are kept from build to build, so that none is coded twice."""

    folder: Path
    kept: Path

    def place(self, several: Iterable[bytes], room: int = ROOM) -> dict[bytes, str]:
        """File names by the bytes of a page's pictures (PNG, GIF or JPEG). Raises ValueError for what is no picture.

        room: bytes that all of them may have together; where even loss cannot do that, they have more.
        """
        chosen = {picture: self._coded(picture, EXACT) for picture in several}
        gains = {}
        if _bytes(chosen.values()) > room:
            gains = {picture: _size(file) - _size(self._coded(picture, LOSSY)) for picture, file in chosen.items()}
        for picture in sorted(gains, key=gains.get, reverse=True):
            if _bytes(chosen.values()) > room and gains[picture] > 0:
                chosen[picture] = self._coded(picture, LOSSY)
        self.folder.mkdir(parents=True, exist_ok=True)
        for file in set(chosen.values()):
            shutil.copyfile(file, self.folder / file.name)
        return {picture: file.name for picture, file in chosen.items()}

    def _coded(self, picture: bytes, how: dict) -> Path:
        """The kept file of a picture that is coded so; made where it is not there."""
        file = self.kept / f"{hashlib.sha256(repr(how).encode() + picture).hexdigest()[:16]}.webp"
        if not file.exists():
            self.kept.mkdir(parents=True, exist_ok=True)
            write_atomically(file, webp(picture, how))
        return file


def webp(picture: bytes, how: dict) -> bytes:
    """The same picture or film as WebP, coded by Pillow's options `how`. Raises ValueError for what is no picture."""
    try:
        image = Image.open(io.BytesIO(picture))
    except OSError as error:
        raise ValueError(f"a picture of {len(picture)} bytes cannot be read ({error}).") from error
    frames, times = [], []
    for frame in ImageSequence.Iterator(image):
        frames.append(frame.convert("RGBA" if image.has_transparency_data else "RGB"))
        times.append(frame.info.get("duration", 0))
    first, *rest = frames
    film = {"save_all": True, "append_images": rest, "duration": times, "loop": 0} if rest else {}
    buffer = io.BytesIO()
    first.save(buffer, "WEBP", **how, **film)
    return buffer.getvalue()


def _bytes(files: Iterable[Path]) -> int:
    return sum(_size(file) for file in set(files))


@cache
def _size(file: Path) -> int:
    return file.stat().st_size
