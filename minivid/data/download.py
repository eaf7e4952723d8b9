"""A downloader for pooch that goes on where the last try stopped (HTTP Range), with a bar on a terminal.

Checked by tests/data/test_fetch.py.
"""

import shutil
from pathlib import Path

from minivid.tools.files import put_in_place

PIECE = 1 << 16
SPARE = 50_000_000  # bytes of disk that a download leaves free
PATIENCE = (10, 30)  # seconds until a server has answered, and between two pieces


class Incomplete(Exception):
    """A server closed the line before the whole file had come, or gave more than the file."""


class NoRoom(OSError):
    """The disk has no room for the file."""


class Resumed:
    """`Resumed(part, size)(url, output, pooch)`: `size` bytes arrive in the file `part`, which then becomes `output`.

    When the line breaks, `part` stays; the next call asks for the rest only. Raises Incomplete, NoRoom, and what requests and
    urllib3 raise.
    """

    def __init__(self, part: Path, size: int):
        self.part, self.size = part, size
        self.went_on = False
        """Whether the file begins with what an earlier try had brought."""

    def __call__(self, url: str, output_file: str, pooch=None) -> None:
        have = self.part.stat().st_size if self.part.exists() else 0
        self.went_on = 0 < have <= self.size
        if have > self.size:
            self.part.unlink()
            have = 0
        if have < self.size:
            free = shutil.disk_usage(self.part.parent).free
            if free < self.size - have + SPARE:
                raise NoRoom(28, f"{self.size - have:,} bytes are to come and {free:,} are free", str(self.part.parent))
            self._receive(url, have)
        put_in_place(self.part, Path(output_file))

    def _receive(self, url: str, have: int) -> None:
        import requests
        from tqdm import tqdm

        # Compressed on the way, a byte's number would mean nothing.
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={have}-"} if have else {})
        with requests.get(url, headers=headers, stream=True, timeout=PATIENCE) as response:
            response.raise_for_status()
            rest = response.status_code == 206 and response.headers.get("Content-Range", "").startswith(
                f"bytes {have}-"
            )
            self.went_on = self.went_on and rest
            with (
                open(self.part, "ab" if rest else "wb") as file,
                tqdm(
                    total=self.size,
                    initial=have if rest else 0,
                    unit="B",
                    unit_scale=True,
                    desc=url.rsplit("/", 1)[-1],
                    disable=None,  # a bar on a terminal only
                ) as bar,
            ):
                for piece in response.raw.stream(PIECE, decode_content=False):
                    bar.update(file.write(piece))
                    if file.tell() > self.size:
                        break
        have = self.part.stat().st_size
        if have < self.size:
            raise Incomplete(f"broke off after {have:,} of {self.size:,} bytes")
        if have > self.size:
            self.part.unlink()
            raise Incomplete(f"gave more than the file's {self.size:,} bytes")
