"""A file is there whole, or the one before it is."""

import errno
import os

import pytest

from minivid.tools.files import write_atomically


@pytest.mark.parametrize("content, kept", [(b"\x00\n", b"\x00\n"), ("t ≤ 1\n", "t ≤ 1\n".encode())])
def test_bytes_and_words_are_kept_as_they_are(tmp_path, content, kept):
    write_atomically(tmp_path / "a.txt", content)
    assert (tmp_path / "a.txt").read_bytes() == kept and [path.name for path in tmp_path.iterdir()] == ["a.txt"]


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_disk_that_fails_leaves_the_file_that_was_there_and_no_other(tmp_path, monkeypatch, step):
    path = tmp_path / "a.txt"
    write_atomically(path, "before")

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match=r"No space left.*a\.txt'$"):
        write_atomically(path, "after")
    assert path.read_text() == "before" and list(tmp_path.iterdir()) == [path]


def test_the_content_is_on_the_disk_before_it_has_the_name(tmp_path, monkeypatch):
    """Else a power cut could leave the name with nothing behind it."""
    done = []
    for step in ("fsync", "replace"):
        original = getattr(os, step)
        monkeypatch.setattr(os, step, lambda *args, original=original, step=step: (done.append(step), original(*args)))
    write_atomically(tmp_path / "a.txt", "content")
    assert done == ["fsync", "replace"]
