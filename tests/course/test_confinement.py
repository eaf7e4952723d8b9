"""What a confined process can and cannot do. Each claim is tried in a process of its own, since nobody comes out again."""

import json
import subprocess
import sys

import pytest

from minivid.course.confinement import all_but, version

demanded = pytest.mark.skipif(version() < 6, reason="this machine has no Landlock of version 6")


def test_all_but_is_everything_beside_what_is_hidden(tmp_path):
    for name in ("a/b/secret", "a/b/open", "a/c", "d"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "word.txt").touch()
    (tmp_path / "link").symlink_to(tmp_path / "a" / "b" / "secret")
    found = {str(path.relative_to(tmp_path)) for path in all_but([tmp_path / "a" / "b" / "secret"], tmp_path)}
    assert found == {"a/b/open", "a/c", "a/word.txt", "d"}
    assert list(all_but([tmp_path / "elsewhere"], tmp_path / "d")) == [tmp_path / "d"]
    assert list(all_but([tmp_path], tmp_path)) == []


ATTEMPTS = {
    "read what is hidden": "open({hidden!r} + '/word.txt')",
    "list what is hidden": "os.listdir({hidden!r})",
    "write beside the folder": "open({outside!r}, 'w')",
    "take a file away": "os.unlink({kept!r})",
    "change a file": "open({kept!r}, 'r+')",
    "rename a file": "os.rename({kept!r}, {folder!r} + '/mine')",
    "make a link to what is hidden, and read it": "os.symlink({hidden!r}, {folder!r} + '/l'); open({folder!r} + '/l/word.txt')",
    "end the process that started it": "os.kill(os.getppid(), 0)",
    "connect to a server": "__import__('socket').create_connection(('127.0.0.1', {port}), 2)",
    "have another program read": "subprocess.run(['cat', {hidden!r} + '/word.txt'], check=True, capture_output=True)",
}
ALLOWED = {
    "write in the folder": "open({folder!r} + '/x', 'w').write('x'); os.rename({folder!r} + '/x', {folder!r} + '/y')",
    "read what is open": "open({kept!r}).read(); os.listdir('/usr')",
    "start a program": "subprocess.run([sys.executable, '-c', ''], check=True)",
    "end its own child": "p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)']); p.kill(); p.wait()",
    "throw away": "open(os.devnull, 'w').write('x')",
}


PROGRAM = """
import json, os, socket, subprocess, sys
from pathlib import Path
from minivid.course.confinement import confine

said = {{}}
for name, code in json.load(sys.stdin).items():
    ours, theirs = os.pipe()
    if os.fork() == 0:
        word = ""
        try:
            assert confine([Path({hidden!r})], [Path({folder!r}), Path(os.devnull)])
            exec(code)
        except Exception as error:
            word = type(error).__name__
        os.write(theirs, word.encode())
        os._exit(0)
    os.close(theirs)
    said[name] = os.read(ours, 100).decode()
    os.wait()
print(json.dumps(said))
"""


@pytest.fixture
def confined(tmp_path):
    """Runs pieces of code, each in a confined process; returns the word for what each raised, or nothing."""
    import socket

    for name in ("hidden", "folder"):
        (tmp_path / name).mkdir()
    (tmp_path / "hidden" / "word.txt").write_text("secret")
    (tmp_path / "kept").write_text("kept")
    server = socket.create_server(("127.0.0.1", 0))
    names = {"hidden": str(tmp_path / "hidden"), "folder": str(tmp_path / "folder"), "kept": str(tmp_path / "kept")}
    names |= {"outside": str(tmp_path / "outside"), "port": server.getsockname()[1]}

    def run(codes):
        words = {name: code.format(**names) for name, code in codes.items()}
        program = PROGRAM.format(hidden=names["hidden"], folder=names["folder"])
        done = subprocess.run([sys.executable, "-c", program], input=json.dumps(words), capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    yield run
    server.close()
    assert (tmp_path / "kept").read_text() == "kept" and not (tmp_path / "outside").exists()


@demanded
def test_what_a_confined_process_cannot_do(confined):
    said = confined(ATTEMPTS)
    assert said.keys() == ATTEMPTS.keys()
    assert {name: word for name, word in said.items() if word not in ("PermissionError", "CalledProcessError")} == {}


@demanded
def test_what_it_still_can(confined):
    assert confined(ALLOWED) == dict.fromkeys(ALLOWED, "")
