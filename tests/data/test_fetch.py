"""Data sets come whole and checked, from any mirror, going on where the last try stopped, or a sentence says why not."""

import errno
import hashlib
import http.server
import os
import re
import shutil
import socket
import threading
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from minivid.data import download, fetch
from minivid.data.fetch import SOURCES, FetchError, File, Source

CONTENT = {name: np.random.default_rng(i).bytes(300_000 + i) for i, name in enumerate(("pictures.gz", "numerals.gz"))}


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves CONTENT. `faults` (of the server) says what it does wrong; `asked` keeps (file, first byte asked for)."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        name, faults = self.path.rsplit("/", 1)[-1], self.server.faults
        first = int(re.fullmatch(r"bytes=(\d+)-", self.headers.get("Range", "bytes=0-")).group(1))
        self.server.asked.append((name, first))
        if "missing" in faults or name not in CONTENT:
            self.send_error(404)
            return
        whole = CONTENT[name]
        if "other file" in faults:
            whole = whole[::-1]
        if "longer file" in faults:
            whole += b"more"
        if "no ranges" in faults:
            first = 0
        if first >= len(whole):
            self.send_error(416)
            return
        body = whole[first:]
        self.send_response(206 if first else 200)
        if first:
            self.send_header("Content-Range", f"bytes {first}-{len(whole) - 1}/{len(whole)}")
        if "no length" in faults:
            self.send_header("Connection", "close")
        else:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if "breaks off" in faults:
            body = body[: len(body) // 2]
            self.close_connection = True
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def mirror(*faults):
    """A server on this machine, with its address and what it was asked for."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Mirror)
    server.faults, server.asked = set(faults), []
    server.address = f"http://127.0.0.1:{server.server_port}/data/"
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def served(monkeypatch, tmp_path):
    """Makes "small", a data set of two files, come from these mirrors into the cache of the test."""
    monkeypatch.setenv("MINIVID_DATA", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    def by(*mirrors) -> Path:
        files = tuple(File(name, len(data), hashlib.sha256(data).hexdigest()) for name, data in CONTENT.items())
        addresses = tuple(getattr(place, "address", place) for place in mirrors)
        monkeypatch.setitem(SOURCES, "small", Source("two small files", "none", files, addresses))
        return tmp_path / "cache" / "small"

    return by


def assert_whole(home: Path) -> None:
    assert sorted(path.name for path in home.iterdir()) == sorted(CONTENT)
    assert all((home / name).read_bytes() == data for name, data in CONTENT.items())


def dead_address() -> str:
    """Where nobody listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{free.getsockname()[1]}/"


def test_files_come_whole_and_only_once(served):
    with mirror() as server:
        home = served(server)
        assert fetch.fetch("small") == home
        assert_whole(home)
        assert fetch.fetch("small") == home and fetch.fetched("small") == home
        assert len(server.asked) == 2


def test_another_folder_can_be_chosen(served, tmp_path):
    with mirror() as server:
        served(server)
        assert_whole(fetch.fetch("small", tmp_path / "elsewhere"))


def test_a_dead_mirror_gives_way_to_the_next(served):
    with mirror("missing") as empty, mirror() as server:
        home = served(dead_address(), empty, server)
        fetch.fetch("small")
        assert_whole(home)


@pytest.mark.parametrize("faults", [("breaks off",), ("breaks off", "no length")], ids=" and ".join)
def test_a_broken_download_is_kept_and_goes_on_from_there(served, faults):
    with mirror(*faults) as server:
        home = served(server)
        with pytest.raises(FetchError, match=r"broke off.*What has arrived \(150 kB\) is kept.*goes on from there"):
            fetch.fetch("small")
        assert [path.name for path in home.iterdir()] == [".pictures.gz.part"]
        server.faults.clear()
        server.asked.clear()
        fetch.fetch("small")
        assert server.asked == [("pictures.gz", 150_000), ("numerals.gz", 0)]
    assert_whole(home)


def test_another_mirror_goes_on_where_the_first_broke_off(served):
    with mirror("breaks off") as first, mirror() as second:
        home = served(first, second)
        fetch.fetch("small")
        assert second.asked == [("pictures.gz", 150_000), ("numerals.gz", 150_000)]
    assert_whole(home)


def test_a_mirror_that_cannot_go_on_begins_anew(served):
    with mirror("breaks off") as first, mirror("no ranges") as second:
        home = served(first, second)
        fetch.fetch("small")
    assert_whole(home)


def test_a_beginning_that_was_of_another_file_is_given_up(served):
    with mirror() as server:
        home = served(server)
        home.mkdir(parents=True)
        (home / ".pictures.gz.part").write_bytes(b"of another file" * 100)
        fetch.fetch("small")
        assert server.asked == [("pictures.gz", 1500), ("pictures.gz", 0), ("numerals.gz", 0)]
    assert_whole(home)


@pytest.mark.parametrize("length", [len(CONTENT["pictures.gz"]), len(CONTENT["pictures.gz"]) + 5])
def test_a_beginning_as_long_as_the_file_or_longer_does_no_harm(served, length):
    with mirror() as server:
        home = served(server)
        home.mkdir(parents=True)
        (home / ".pictures.gz.part").write_bytes(bytes(length))
        fetch.fetch("small")
    assert_whole(home)


@pytest.mark.parametrize("fault", ["other file", "longer file"])
def test_another_file_is_refused_and_the_next_mirror_asked(served, fault):
    with mirror(fault) as wrong, mirror() as right:
        home = served(wrong, right)
        fetch.fetch("small")
        assert_whole(home)
        shutil.rmtree(home)
        served(wrong)
        with pytest.raises(FetchError, match=r"checksum is wrong|gave more than"):
            fetch.fetch("small")
        assert list(home.iterdir()) == []


def test_a_file_that_was_altered_is_fetched_again(served):
    with mirror() as server:
        home = served(server)
        fetch.fetch("small")
        (home / "pictures.gz").write_bytes(b"altered")
        with pytest.raises(FetchError, match="small is not here"):
            fetch.fetched("small")
        fetch.fetch("small")
    assert_whole(home)


def test_without_a_network_a_sentence_says_so_and_nothing_is_left_behind(served):
    home = served(dead_address(), dead_address())
    with pytest.raises(FetchError) as trouble:
        fetch.fetch("small")
    said = str(trouble.value)
    assert said.count("cannot be reached") == 2 and "Is there a network?" in said and "is kept" not in said
    assert "the built-in digits go on serving" in said and "\n" not in said
    assert list(home.iterdir()) == []


def test_a_full_disk_is_seen_before_the_download(served, monkeypatch):
    with mirror() as server:
        served(server)
        monkeypatch.setattr(download.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
        with pytest.raises(FetchError, match=r"300,000 bytes are to come and 0 are free.*MINIVID_DATA"):
            fetch.fetch("small")
        assert server.asked == []


def test_a_disk_that_fails_at_the_end_leaves_no_file_and_what_came_is_not_asked_for_again(served, monkeypatch):
    """Else a power cut could leave a file of the right size with nothing in it, which `fetched` would take."""

    def broken(_):
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with mirror() as server:
        home = served(server)
        with (
            monkeypatch.context() as disk,
            pytest.raises(FetchError, match=r"cannot be written \(Input/output error\).*MINIVID_DATA"),
        ):
            disk.setattr(os, "fsync", broken)
            fetch.fetch("small")
        first = next(iter(CONTENT))
        assert [path.name for path in home.iterdir()] == [f".{first}.part"] and len(server.asked) == 1
        fetch.fetch("small")
        assert_whole(home)
        assert len(server.asked) == 2


def test_a_disk_that_does_not_take_it_is_a_sentence(served, tmp_path):
    home = served(dead_address())
    home.parent.write_text("a file where the cache's folder should be")
    with pytest.raises(FetchError, match="cannot be written"):
        fetch.fetch("small")


def test_what_is_not_here_is_said_with_the_command_that_brings_it(served):
    served(dead_address())
    with pytest.raises(FetchError, match=r"`minivid data fetch small` brings it \(600 kB\)"):
        fetch.fetched("small")


@pytest.mark.parametrize("name, hint", [("mnsit", "did you mean mnist?"), ("ucf", "there are mnist and moving_mnist")])
def test_an_unknown_name_is_refused_with_the_nearest(name, hint):
    with pytest.raises(FetchError, match=re.escape(hint)):
        fetch.fetch(name)


def test_the_list_says_what_is_here_and_what_is_not(served):
    with mirror() as server:
        home = served(server)
        before = {row[0]: row for row in fetch.listed()}
        fetch.fetch("small")
        after = {row[0]: row for row in fetch.listed()}
    assert before["small"] == ("small", "two small files", "600 kB", "none", "not here; `minivid data fetch small`")
    assert after["small"][-1] == str(home)
    assert set(after) == {"mnist", "moving_mnist", "small"}


def test_the_cards_name_the_files_with_their_checksums_and_mirrors():
    cards = Path(__file__).parents[2] / "datasets"
    for name, source in SOURCES.items():
        card = (cards / f"{name}.md").read_text(encoding="utf-8")
        assert source.licence in card or source.licence == "none stated"
        for file in source.files:
            assert file.name in card and file.sha256 in card and f"{file.size:,}" in card
            assert len(file.sha256) == 64 and int(file.sha256, 16)
        for address in source.mirrors:
            assert address in card and address.endswith("/")
