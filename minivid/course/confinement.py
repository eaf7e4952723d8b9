"""A process that can read no more than it needs, write in one folder, and reach no other process: Linux's Landlock.

What is confined stays so, with all that it starts. Elsewhere nothing is confined, and `confine` says so. This keeps accidents and
mischief away from the next student's grade; it is no security boundary. Checked by tests/course/test_confinement.py.
"""

import contextlib
import ctypes
import os
import platform
import stat
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # system calls, of the same number on every kind of machine
VERSION, PATH_BENEATH, NO_NEW_PRIVILEGES = 1, 1, 38
EXECUTE, WRITE_FILE, READ_FILE, READ_FOLDER, TRUNCATE, DEVICE = 1 << 0, 1 << 1, 1 << 2, 1 << 3, 1 << 14, 1 << 15
READING = EXECUTE | READ_FILE | READ_FOLDER
OF_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | DEVICE
ACCESSES = {1: 13, 2: 14, 3: 15, 4: 15}  # how many kinds of access a version knows; from the fifth on 16
NETWORK = 0b11  # TCP: to listen, to connect
SCOPES = 0b11  # abstract sockets and signals that leave the confined processes


class _Rules(ctypes.Structure):
    _fields_ = [("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64)]


class _Beneath(ctypes.Structure):
    _pack_, _layout_ = 1, "ms"  # without gaps; newer Pythons want both said
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """Of this machine's Landlock: 4 knows of the network, 6 of signals. 0 where there is none."""
    if not sys.platform.startswith("linux") or platform.machine() == "alpha":
        return 0
    return max(_call(CREATE_RULESET, None, ctypes.c_size_t(0), VERSION), 0)


def confine(hidden: Iterable[Path], writable: Iterable[Path]) -> bool:
    """From now on this process reads nothing in the `hidden` folders and files and writes in `writable` alone; it opens no TCP
    connection and ends no process but its own children. False, and nothing has changed, where the machine cannot do this.

    What comes to lie beside something hidden later cannot be read either. Raises OSError where a rule is refused.
    """
    known = version()
    if not known:
        return False
    everything = (1 << ACCESSES.get(known, 16)) - 1
    rules = _Rules(everything, NETWORK if known >= 4 else 0, SCOPES if known >= 6 else 0)
    size = 8 if known < 4 else 16 if known < 6 else 24
    ruleset = _demand(_call(CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), 0))
    try:
        for path in all_but([path.resolve() for path in hidden]):
            _allow(ruleset, path, READING)
        for path in writable:
            _allow(ruleset, path.resolve(), everything)
        _demand(_libc().prctl(NO_NEW_PRIVILEGES, 1, 0, 0, 0))
        _demand(_call(RESTRICT_SELF, ruleset, 0))
    finally:
        os.close(ruleset)
    return True


def all_but(hidden: Collection[Path], root: Path = Path("/")) -> Iterator[Path]:
    """The fewest folders and files below `root` that hold all there is without what is hidden (absolute paths)."""
    return _beside(set(hidden), {above for path in hidden for above in path.parents}, root)


def _beside(hidden: set[Path], above: set[Path], root: Path) -> Iterator[Path]:
    if root in hidden:
        return
    if root not in above:
        yield root
        return
    with contextlib.suppress(OSError):  # not ours to read anyway
        for path in sorted(root.iterdir()):
            if not path.is_symlink():  # where it leads to has a rule of its own
                yield from _beside(hidden, above, path)


def _allow(ruleset: int, path: Path, accesses: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:  # gone meanwhile
        return
    try:
        if not stat.S_ISDIR(os.fstat(folder).st_mode):
            accesses &= OF_A_FILE
        _demand(_call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.byref(_Beneath(accesses, folder)), 0))
    finally:
        os.close(folder)


def _call(number: int, *arguments) -> int:
    return _libc().syscall(ctypes.c_long(number), *arguments)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _demand(result: int) -> int:
    if result < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"Landlock refuses a rule: {os.strerror(error)}")
    return result
