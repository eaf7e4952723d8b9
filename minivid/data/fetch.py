"""Data sets that are fetched once and kept: MNIST and Moving MNIST, by pooch.

Each file has its size and its SHA-256, and mirrors that are tried in turn. What has arrived when the line breaks stays beside the
file's place as `.NAME.part`, and the next try goes on from there. A file appears whole and checked, or not at all. Nothing here is
needed: without a network the built-in digits serve. Chapter 0. Checked by tests/data/test_fetch.py.
"""

import os
from dataclasses import dataclass
from pathlib import Path

from minivid.data.download import Incomplete, Resumed
from minivid.tools.nearest import did_you_mean


class FetchError(ValueError):
    """A data set that could not be fetched or is not here; the message says why and what to do."""


@dataclass(frozen=True)
class File:
    """A file of a data set: its name on every mirror, its bytes and their SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True)
class Source:
    """A data set: what it is, its files, and the addresses that each of them can be appended to, the best first."""

    what: str
    licence: str
    files: tuple[File, ...]
    mirrors: tuple[str, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


SOURCES = {
    "mnist": Source(
        what="70,000 handwritten digits, 28×28",
        licence="CC BY-SA 3.0",
        files=(
            File(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            File(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            File(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            File(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ),
        mirrors=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
        ),
    ),
    "moving_mnist": Source(
        what="10,000 clips of two moving digits, 20 frames of 64×64",
        licence="none stated",
        files=(
            File(
                "mnist_test_seq.npy",
                819_200_096,
                "c2a3e8d3939c001ab77bf543f130157424efa486bb4d0974d2cebb773b13f8b3",
            ),
        ),
        mirrors=(
            "https://www.cs.toronto.edu/~nitish/unsupervised_video/",
            "http://www.cs.toronto.edu/~nitish/unsupervised_video/",
        ),
    ),
}
"""The data sets by name. Where the checksums come from stands on their cards in datasets/."""


def cache() -> Path:
    """The folder that fetched data lies in: MINIVID_DATA where it is set, else the user's cache."""
    import pooch

    return Path(os.environ.get("MINIVID_DATA") or pooch.os_cache("minivid"))


def source(name: str) -> Source:
    """The data set of that name. Raises FetchError for a name that is none, with the nearest one."""
    if name not in SOURCES:
        raise FetchError(f"there is no data set {name!r} to fetch; {did_you_mean(name, SOURCES)}")
    return SOURCES[name]


def fetch(name: str, folder: Path | str | None = None) -> Path:
    """Fetch what is missing of a data set and check all of it; the folder with its files, by default in the cache.

    Raises FetchError for an unknown name, where no mirror gives a file, and where the disk does not take it.
    """
    what = source(name)
    home = Path(folder) if folder is not None else cache() / name
    try:
        home.mkdir(parents=True, exist_ok=True)
        for file in what.files:
            _bring(file, what.mirrors, home)
    except OSError as error:
        raise FetchError(
            f"{error.filename or home} cannot be written ({error.strerror or error}). Free some space, or choose another "
            "folder with MINIVID_DATA."
        ) from error
    return home


def fetched(name: str, folder: Path | str | None = None) -> Path:
    """The folder of a data set that is here (its files have their sizes; `fetch` has checked them when they came).

    Raises FetchError where it is not.
    """
    what = source(name)
    home = Path(folder) if folder is not None else cache() / name
    if not is_here(what, home):
        raise FetchError(
            f"{name} is not here: `minivid data fetch {name}` brings it ({megabytes(what.size)}). "
            "Until then the built-in digits go on serving."
        )
    return home


def is_here(what: Source, home: Path) -> bool:
    """Whether every file lies in that folder, with its size."""
    return all((home / file.name).is_file() and (home / file.name).stat().st_size == file.size for file in what.files)


def listed() -> list[tuple[str, str, str, str, str]]:
    """A row for each data set: name, what it is, size, licence, and where it is or what brings it."""
    rows = []
    for name, what in SOURCES.items():
        home = cache() / name
        where = str(home) if is_here(what, home) else f"not here; `minivid data fetch {name}`"
        rows.append((name, what.what, megabytes(what.size), what.licence, where))
    return rows


def megabytes(size: int) -> str:
    return f"{size / 1e6:,.0f} MB" if size >= 1e6 else f"{size / 1e3:,.0f} kB"


def _bring(file: File, mirrors: tuple[str, ...], home: Path) -> None:
    """One file, from the first mirror that gives it whole and right."""
    import pooch
    from requests.exceptions import RequestException
    from urllib3.exceptions import HTTPError

    pooch.get_logger().setLevel("WARNING")  # what happens is told by the bar, and by the sentence at the end
    part = home / f".{file.name}.part"
    troubles = []
    for mirror in mirrors:
        try:
            _retrieve(mirror + file.name, file, part)
            return
        except (RequestException, HTTPError, Incomplete) as trouble:
            troubles.append(f"{mirror} {_in_words(trouble)}")
        except ValueError:  # pooch has compared the checksums, and deleted what had arrived
            troubles.append(f"{mirror} gave another file (its checksum is wrong)")
    arrived = part.stat().st_size if part.exists() else 0
    kept = f" What has arrived ({megabytes(arrived)}) is kept; the next try goes on from there." if arrived else ""
    raise FetchError(
        f"{file.name} could not be fetched: {'; '.join(troubles)}. Is there a network?{kept} "
        f"A copy of the file in {home} serves as well, and the built-in digits go on serving without it."
    )


def _retrieve(url: str, file: File, part: Path) -> None:
    """From one mirror; once more from the start where the checksum is wrong and the beginning was an earlier try's."""
    import pooch

    download = Resumed(part, file.size)

    def retrieve() -> None:
        pooch.retrieve(url, f"sha256:{file.sha256}", file.name, part.parent, downloader=download)

    try:
        retrieve()
    except ValueError:
        if not download.went_on:
            raise
        retrieve()


def _in_words(trouble: Exception) -> str:
    """What a mirror did, without the depths of the libraries."""
    from requests.exceptions import ConnectionError, Timeout

    if isinstance(trouble, Incomplete):
        return str(trouble)
    if isinstance(trouble, Timeout):
        return "does not answer in time"
    if getattr(trouble, "response", None) is not None:
        return f"answers {trouble.response.status_code} ({trouble.response.reason})"
    return "cannot be reached" if isinstance(trouble, ConnectionError) else "broke off"
