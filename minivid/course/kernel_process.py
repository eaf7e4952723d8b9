"""The process that a student's code runs in, started by `minivid.course.throwaway_kernel`: it forks when it is told to, and works.

The first of them has loaded the course, runs nothing of a student's, and waits. What is done in a fork of it can be kept, by going on
from there, or thrown away with the fork. What asks and records lies in modules that are then forgotten: `import minivid.course` in
a student's cell gives another copy.

A message is a line of JSON: {"fork": true}, with a socket for the child, or {"do": "run", "with": […]}. The answer to each is one too, and
what is odd meanwhile.
"""

import contextlib
import functools
import importlib
import json
import os
import re
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

import minivid
from minivid.course import listing
from minivid.course.confinement import confine
from minivid.course.inside_kernel import Hands
from minivid.course.limits import end_all_below, keep_children, limit_files, limit_memory
from minivid.course.private import probes_of
from minivid.course.sealed import rest, seal_for_good, stay_here
from minivid.course.suspicion import Watch

PACKAGE = Path(minivid.__file__).parent
OUT_OF_SIGHT = re.compile(rf"{minivid.__name__}\.(course|chapters)\b")
AUTHORS = "answers|build|class_page|classroom|feedback|first_cell|fitting|for_nbgrader|grade|grades|lint|made_wrong|similar|site|submission|throwaway_kernel"
UNUSED = re.compile(rf"{minivid.__name__}\.(cli|__main__|course\.({AUTHORS}))\b")
"""What no notebook imports: commands, and what authors and graders use."""
A_CHAPTER = re.compile(rf"{minivid.__name__}\.chapters\.ch(\d\d)\b")
"""Chapters do not know one another: only the one that is graded is loaded."""
LONGEST = 2**24
"""Bytes of a message: a cell's source is in it."""


@dataclass(frozen=True)
class Setting:
    """What the first process is told when it is started."""

    chapter: str
    folder: str
    """Where it may write."""
    private: str | None
    """The folder with an instructor's own probes."""
    hidden: tuple[str, ...]
    """What it must not read."""
    memory_bytes: int
    """What a process may take beyond what this one has when all is loaded."""


def serve(channel: socket.socket, actions: dict[str, Callable], watch: Watch, at_birth: Callable[[], None]) -> None:
    """Do what comes over the channel until it is closed. In a fork, go on there; the first one of a line begins with `at_birth`."""
    while True:
        watch.tell = functools.partial(_tell, channel)
        message, sockets = receive(channel)
        if message is None:  # the grader has gone on from elsewhere, or gone
            if at_birth is not _nothing:  # this is the first one, whose channel stays open as long as the grader lives
                end_all_below(psutil.Process())
            os._exit(0)
        if "fork" in message:
            _reap()
            if os.fork() == 0:
                channel.close()
                channel = socket.socket(fileno=sockets[0])
                at_birth()
                at_birth = _nothing
                send(channel, {"process": os.getpid()})
            else:
                os.close(sockets[0])
            continue
        stay_here()
        with contextlib.suppress(BaseException):  # then what it should have left is not there
            actions[message["do"]](*message["with"])
        rest()
        send(channel, {"done": message["do"]})


def _nothing() -> None:
    pass


def send(channel: socket.socket, message: dict[str, Any], *sockets: socket.socket) -> None:
    """A message, and open sockets with it."""
    line = json.dumps(message).encode() + b"\n"
    if sockets:
        socket.send_fds(channel, [line], [one.fileno() for one in sockets])
    else:
        channel.sendall(line)


def receive(channel: socket.socket, wait_s: float | None = None) -> tuple[dict[str, Any] | None, list[int]]:
    """The next message, no byte of the one behind it, and the sockets with it; None where the channel has ended.

    wait_s: seconds for all of it; then TimeoutError is raised, and no sockets are taken.
    """
    line, sockets, until = b"", [], time.monotonic() + (wait_s or 0)
    while not line.endswith(b"\n"):
        if wait_s is not None:
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError("the message does not come to its end")
            channel.settimeout(left)
        if line or wait_s is not None:
            there = channel.recv(2**16, socket.MSG_PEEK)
            part = channel.recv(there.find(b"\n") + 1 or len(there)) if there else b""
        else:  # sockets come with the first byte
            part, sockets, _, _ = socket.recv_fds(channel, 1, 1)
        if not part or len(line) > LONGEST:
            return None, []
        line += part
    return json.loads(line), list(sockets)


def _tell(channel: socket.socket, odd: str) -> None:
    """What a student's code has just done, at once: it may not come to its end."""
    send(channel, {"odd": odd})


def _reap() -> None:
    """Take note of children that have ended, which otherwise stay as names."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        pass


def main(channel: socket.socket, setting: Setting) -> None:
    """Load the course, put the grader's part of it out of sight, and serve."""
    actions, watch = _hands(setting)
    for name in list(sys.modules):
        if OUT_OF_SIGHT.match(name):
            del sys.modules[name]
    for path in sorted(PACKAGE.rglob("*.py")):  # a chapter's folder is no package that could be walked
        name = ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")
        of_chapter = A_CHAPTER.match(name)
        if not UNUSED.match(name) and (of_chapter is None or of_chapter[1] == setting.chapter):
            importlib.import_module(name)  # since its file cannot be read any more
    seal_for_good(listing.written(setting.chapter))
    keep_children()
    watch.begin()
    serve(channel, actions, watch, functools.partial(_close_the_doors, setting))


def _hands(setting: Setting) -> tuple[dict[str, Callable], Watch]:
    """What can be asked of this process, by its name: bound methods of an object that no module holds. And who watches."""
    tasks = {task.id: task for task in listing.exercises(setting.chapter)}
    private = setting.private and Path(setting.private)
    probes = {one.id: probes_of(one, private) for one in listing.written(setting.chapter)}
    shell = InteractiveShell.instance(
        config=Config({"HistoryManager": {"enabled": False}, "InteractiveShell": {"colors": "NoColor"}})
    )
    watch = Watch(shell.user_ns)
    hands = Hands(shell, tasks, probes, watch.note)
    return {name: getattr(hands, name) for name in ("run", "collect", "use_library", "measure")}, watch


def _close_the_doors(setting: Setting) -> None:
    """Limits that hold for this process and all that it starts, and not for the one that it comes from, which it cannot reach."""
    sources = [path for path in PACKAGE.rglob("*") if path.suffix == ".py" or path.name == "__pycache__"]
    limit_memory(setting.memory_bytes)
    limit_files()
    confine([*sources, *map(Path, setting.hidden)], [Path(setting.folder), Path(os.devnull)])


if __name__ == "__main__":
    line = socket.socket(fileno=int(sys.argv[1]))
    main(line, Setting(**receive(line)[0]))
