"""Messages between the grader and a student's process: each comes whole, whatever lies behind it."""

import os
import socket

import pytest

from minivid.course.kernel_process import receive, send


@pytest.fixture
def channel():
    ends = socket.socketpair()
    yield ends
    for end in ends:
        end.close()


def test_messages_that_lie_one_behind_the_other_come_one_by_one(channel):
    ours, theirs = channel
    long = {"do": "run", "with": ["x" * 200_000]}
    send(ours, {"odd": "a"})
    send(ours, {"fork": True}, ours)
    send(ours, {"done": "run"})
    assert receive(theirs) == ({"odd": "a"}, [])
    message, sockets = receive(theirs)
    assert message == {"fork": True} and len(sockets) == 1
    os.close(sockets[0])
    assert receive(theirs, 1.0) == ({"done": "run"}, [])
    if os.fork() == 0:  # it is longer than what lies in a socket
        send(ours, long)
        os._exit(0)
    assert receive(theirs, 10.0)[0] == long
    os.wait()


def test_one_that_never_ends_is_not_waited_for_and_sockets_are_not_taken(channel):
    ours, theirs = channel
    ours.sendall(b'{"done"')
    with pytest.raises(TimeoutError):
        receive(theirs, 0.1)
    ours.sendall(b": 1}\n")
    before = len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0
    send(ours, {"done": 1}, ours)
    with pytest.raises(ValueError):
        receive(theirs, 1.0)  # the rest of the one before
    assert receive(theirs, 1.0) == ({"done": 1}, [])
    assert not before or len(os.listdir("/proc/self/fd")) == before
    ours.close()
    assert receive(theirs, 1.0) == (None, [])
