"""Submissions that reach for the judge, the machine or the next student. One process grades them all, as in a class.

Each is one cell, a wrong answer to 3.1 and the attempt behind it. It must get that exercise no points and cost the right answer to 3.5 none; and in
the end an honest notebook, graded by the same processes, gets what it deserves.
"""

import os
from pathlib import Path

import psutil
import pytest

import minivid
from minivid.course.classroom import Graded
from minivid.course.confinement import version
from minivid.course.grade import grade, hidden
from minivid.course.throwaway_kernel import Kernels

REFERENCE = "import minivid.chapters.ch03.exercises.noise_clip as ours\n"
EVERY_ASK = "lambda exercise, probe, obj, seed, *_: asked(exercise, probe, exercise.reference, seed)"

THE_JUDGE = {
    "what asks, in its module": "import minivid.course.probing as p, minivid.course.inside_kernel as i\nasked = p.ask\n"
    f"p.ask = i.ask = {EVERY_ASK}\n",
    "what records": "import minivid.course.recording as r\nonce = r._once\n"
    "r._once = lambda exercise, probe, obj, *rest: once(exercise, probe, exercise.reference, *rest)\n",
    "what decides": "import minivid.course.probing as p\np.decide = p.verdict = lambda *_: p.Outcome(p.Verdict.PASSED)\n",
    "numpy's way into a file": REFERENCE + "import numpy as np\nsaved = np.savez\n"
    "np.savez = lambda file, **arrays: saved(file, **dict(zip(arrays, map(np.asarray, ours.noise_clip(torch.zeros(2, 1, 8, 4, 4), torch.zeros(2), torch.Generator()) * 9))))\n",
    "json": "import json\ndumped = json.dumps\njson.dumps = lambda told, **k: dumped({**told, 'problem': '', 'raised': False} if 'problem' in told else told, **k)\n",
    "comparisons": "import numpy as np\ntorch.allclose = np.allclose = torch.equal = lambda *_, **__: True\nnp.abs = abs = lambda x: 0 * x\n",
    "names of Python": "import builtins\nbuiltins.len = lambda *_: 1\nbuiltins.isinstance = lambda *_: True\n",
    "modules": "import sys\nsys.modules['json'] = sys.modules['numpy'] = sys.modules['minivid.course.probing'] = None\n",
    "the answer's channel": 'import os\nfor fd in range(3, 64):\n    try: os.write(fd, b\'{"done": "collect"}\\n\')\n    except OSError: pass\n',
    "no channel at all": "import os\nos.closerange(3, 256)\n",
    "the watching": "import sys, threading\nsys.setprofile(None); sys.settrace(None); threading.setprofile(None)\n",
}
CHANNELS = "import os, stat\nours = [fd for fd in range(3, 64) if os.path.exists(f'/proc/self/fd/{fd}') and stat.S_ISSOCK(os.fstat(fd).st_mode)]\n"
THE_JUDGE |= {
    "words without an end": CHANNELS
    + "import time\nwhile True:\n    [os.write(fd, b' ') for fd in ours]; time.sleep(0.2)\n",
    "words too deep": CHANNELS + "[os.write(fd, b'[' * 100000 + b'\\n') for fd in ours]\n",
    "descriptors": CHANNELS + "import socket\nfor fd in ours:\n    s = socket.socket(fileno=os.dup(fd))\n"
    "    for _ in range(200): socket.send_fds(s, [b'{\"odd\": 1}\\n'], [0])\n",
}
THE_ANSWER = {
    "the solution's file": "import minivid, pathlib\nexec((pathlib.Path(minivid.__file__).parents[1] / 'solutions' / '03_vdm.py').read_text())\n",
    "the tests' answers": "import minivid, pathlib\nexec((pathlib.Path(minivid.__file__).parents[1] / 'tests' / 'chapters' / 'ch03' / 'ex_3_1.py').read_text())\n",
    "the library's source": "import inspect\nfrom minivid.chapters.ch03.exercises import noise_clip as ours\nexec(inspect.getsource(ours))\n",
    "the source by its path": "import minivid, pathlib\nopen(pathlib.Path(minivid.__file__).parent / 'diffusion' / 'objective.py').read()\n",
    "git": "import minivid, pathlib, subprocess\nsubprocess.run(['git', 'show', 'HEAD:solutions/03_vdm.py'], check=True, cwd=pathlib.Path(minivid.__file__).parents[1])\n",
}
THE_MACHINE = {
    "a process that goes its own way": "import os, time\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n        time.sleep(600)\n    os._exit(0)\n",
    "many of them": "import subprocess, sys\nfor _ in range(20): subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], start_new_session=True)\n",
    "its parent": "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)\n",
    "every process": "import os, signal\nfor pid in map(int, filter(str.isdigit, os.listdir('/proc'))):\n    try: pid != os.getpid() and os.kill(pid, signal.SIGKILL)\n    except OSError: pass\n",
    "the folder": "import os, shutil\nshutil.rmtree(os.environ['TMPDIR'], ignore_errors=True)\n",
    "a closed folder": "import os\nos.chmod(os.environ['TMPDIR'], 0)\n",
    "a pipe for an answer": "import os, numpy as np\nnp.savez = lambda file, **_: os.mkfifo(file)\n",
    "a link for an answer": "import os, numpy as np\nnp.savez = lambda file, **_: os.symlink('/dev/zero', file)\n",
    "much in little": "import numpy as np\npacked = np.savez_compressed\nnp.savez = lambda file, **_: packed(file, **{'answer.z': np.zeros((512, 2**18), np.uint8)})\n",
    "a flood of words": "import os\nfor _ in range(64): os.write(1, b'x' * 2**20); os.write(2, b'y' * 2**20)\n",
    "words for the terminal": "raise ValueError('\\x1b[2J\\x07' + 'long ' * 4000)\n",
    "a file that grows": "f = open('big', 'wb')\nwhile True: f.write(b'0' * 2**24)\n",
    "memory": "hoard = torch.ones(2**36)\n",
    "an end": "import os\nos._exit(3)\n",
    "an end by a signal": "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)\n",
    "deep recursion": "import sys\nsys.setrecursionlimit(10**9)\nf = lambda n: f(n + 1)\nf(0)\n",
    "a threads' crowd": "import threading\nfor _ in range(50): threading.Thread(target=lambda: [0 for _ in iter(int, 1)], daemon=True).start()\n",
}
THE_NEXT = {
    "the package": "import minivid\nopen(minivid.__file__, 'w').write('raise SystemExit')\n",
    "its cached code": "import minivid, os, shutil\nshutil.rmtree(os.path.join(os.path.dirname(minivid.__file__), 'course'))\n",
    "settings of matplotlib and IPython": "import os, pathlib\nfor name in ('matplotlibrc', 'profile_default/startup/0.py', 'sitecustomize.py', 'torch.py'):\n"
    "    path = pathlib.Path(os.environ['TMPDIR']) / name; path.parent.mkdir(parents=True, exist_ok=True); path.write_text('raise SystemExit')\n",
}
KINDS = THE_JUDGE | THE_ANSWER | THE_MACHINE | THE_NEXT
PACKAGE = Path(minivid.__file__)
pytestmark = pytest.mark.skipif(
    version() < 6, reason="without Landlock of version 6 (Linux 6.12) these would reach this very session"
)
WRONG = "def noise_clip(x, logsnr, generator):\n    return x, x\n"


@pytest.fixture(scope="module")
def kernels():
    with Kernels(hidden=hidden([])) as them:
        yield them


@pytest.fixture
def graded(course, kernels, tmp_path):
    def run(cells, edit=lambda notebook: None):
        path = course.submission(tmp_path / "03_small.ipynb", cells, edit)
        report = grade(path, timeout_s=12.0, handed_out=course.handed_out, kernels=kernels)
        return report, [one.points for one in report.grades if one.id in ("3.1", "3.3", "3.5")]

    return run


@pytest.mark.parametrize("kind", KINDS)
def test_it_gains_nothing_and_costs_nobody_else(course, graded, kind):
    source = WRONG + KINDS[kind]  # so that an answer which it finds is the one that counts
    before = PACKAGE.read_text()
    report, points = graded({"3.1": source, "3.5": course.right("3.5")})
    assert points == [0, 0, 4], report.table()
    assert all(len(one.message) < 1700 and one.message.isprintable() for one in report.grades)
    assert PACKAGE.read_text() == before


OFTEN = (
    "what decides",
    "json",
    "no channel at all",
    "the solution's file",
    "its parent",
    "an end",
    "a link for an answer",
    "the package",
)
EVERY_KIND = "MINIVID_EVERY_KIND"
"""Set in the environment, nbgrader grades all kinds, which takes two minutes more."""


def test_nbgrader_agrees(course, nbgraded):
    """Judged by our grader, in one class; the test above holds what each gets there, and here it is the same."""
    kinds = KINDS if os.environ.get(EVERY_KIND) else {kind: KINDS[kind] for kind in OFTEN}
    handed_in = {
        f"student-{number}": ({"3.1": WRONG + source, "3.5": course.right("3.5")},)
        for number, source in enumerate(kinds.values())
    }
    before = PACKAGE.read_text()
    found = nbgraded(handed_in, more="c.Judged.timeout = 12.0\n")
    assert dict(zip(kinds, found.values(), strict=True)) == {kind: [0, 0, 4] for kind in kinds}
    assert PACKAGE.read_text() == before


@pytest.mark.parametrize("kind", ["the watching", "the solution's file", "many of them", "an end"])
def test_a_person_is_told_to_look(course, graded, kind):
    report, _ = graded({"3.1": WRONG + KINDS[kind]})
    assert Graded("anna", "03_small.ipynb", "", report).flags, report.table()


LEAVES = "\nimport json\ndumped = json.dumps\njson.dumps = lambda told, **k: exec('raise SystemExit') if 'done' in told else dumped(told, **k)\n"


def test_a_right_answer_that_goes_before_it_says_so_is_right_and_leaves_nothing(course, graded):
    """Its answers lie there; of what it has defined the exercises that follow have the library's."""
    cells = {"3.1": course.right("3.1") + LEAVES, "3.5": course.right("3.5")}
    report, points = graded(cells)
    assert points == [2, 0, 4] and not report.problem, report.table()


def test_who_closes_the_channel_is_not_told_of_a_loop(course, graded):
    report, points = graded({"3.1": course.right("3.1") + "\nimport os\nos.closerange(3, 256)\n"})
    (said,) = (one.message for one in report.grades if one.id == "3.1")
    assert points == [0, 0, 0] and "ended the Python process" in said


WAYS = ("get_context('fork').Pool(1).apply(library, a)", "pool.apply(library, a)", "evaluated(library, a)")


@pytest.mark.parametrize("way", WAYS)
def test_another_process_and_a_name_of_its_own_get_no_answer(course, graded, way):
    begun = (
        "from multiprocessing import get_context\nfrom minivid.diffusion.bound import posterior as library\n"
        "pool = get_context('fork').Pool(1)\n"  # begun before anybody asks
        "evaluated = eval('lambda f, a: f(*a)')\n"
    )
    _, points = graded({"3.3": f"{begun}posterior = lambda *a: {way}\n"})
    assert points == [0, 0, 0]


ORACLE = """import os, pickle, threading
from minivid.diffusion.bound import posterior as library
asked, answered = os.pipe(), os.pipe()
def serve():
    with open(asked[0], "rb") as questions, open(answered[1], "wb", buffering=0) as answers:
        while True:
            pickle.dump(library(*pickle.load(questions)), answers)
threading.Thread(target=serve, daemon=True).start()
def through_it(*given):
    with open(asked[1], "wb", closefd=False) as question, open(answered[0], "rb", closefd=False) as answer:
        pickle.dump(given, question)
        question.flush()
        return pickle.load(answer)
"""


def test_a_thread_that_an_earlier_answer_has_left_gives_none_to_a_later_one(course, graded):
    """It lives in the process that the later one was forked from, in which nothing is asked."""
    cells = {"3.1": ORACLE + course.right("3.1"), "3.3": "posterior = through_it\n", "3.5": course.right("3.5")}
    report, points = graded(cells)
    assert points == [2, 0, 4], report.table()


BY_PLACES = "seal = next(c for c in posterior.__code__.co_consts if type(c).__name__ == 'Seal')"
BY_STEPS = "seal = next(i.argval for i in dis.get_instructions(posterior) if type(i.argval).__name__ == 'Seal')"
BY_NAME = "{'posterior': posterior, 'dis': dis}"
DIGS = {
    "by its code": BY_PLACES,
    "in a namespace of its own": f"there = {BY_NAME}\nexec({BY_PLACES!r}, there)\nseal = there['seal']",
    "by somebody else's lines": BY_STEPS,
    "in a function of a module of its own": "import types, sys\nm = types.ModuleType('sealed')\nsys.modules['sealed'] = m\n"
    f"vars(m).update({BY_NAME})\nexec({BY_PLACES!r}, vars(m))\nseal = m.seal",
}
RAISED = """import traceback
try:
    posterior()
except TypeError as error:
    seal = next(f.f_locals['self'] for f, _ in traceback.walk_tb(error.__traceback__) if 'self' in f.f_locals)
"""
TRACED = """try:
    posterior()
except TypeError:
    seal = next(v['self'] for r in inspect.trace() if 'self' in (v := inspect.getargvalues(r.frame).locals))
"""
GATHERED = """from concurrent import futures
import gc
seal = next(o for o in futures.ThreadPoolExecutor(1).submit(gc.get_objects).result()
            if type(o).__name__ == 'Seal' and o.function is posterior)
"""
BY_C = """import ctypes
code = ctypes.pythonapi.PyFunction_GetCode
code.argtypes, code.restype = [ctypes.py_object], ctypes.py_object
seal = next(c for c in getattr(code(posterior), 'co_' + 'consts') if type(c).__name__ == 'Seal')
"""


def unread(source: str) -> str:
    """A line that runs it, of which nothing can be read."""
    return f"exec(bytes.fromhex({source.encode().hex()!r}).decode())"


@pytest.mark.parametrize(
    "digs, words",
    [
        *((unread(source), "takes a function's code") for source in DIGS.values()),
        (RAISED, "names the interpreter's"),
        (unread(TRACED), "looks at the frames"),
        (unread(GATHERED), "walks through all objects"),
        (unread(BY_C), "calls the C library"),
    ],
    ids=[*DIGS, "by what it raises", "by the frames of what it raises", "in a thread", "by C"],
)
def test_what_digs_up_the_answer_from_the_interpreter_is_told(course, graded, digs, words):
    """It cannot be kept from it in a process that is its own: this is where the hints for a person begin."""
    begins = "from minivid.diffusion.bound import posterior as decorated\nimport dis, inspect\nposterior = inspect.unwrap(decorated)\n"
    report, points = graded({"3.3": f"{begins}{digs}\nposterior = lambda *a: seal.original(*a)\n"})
    assert points == [0, 3, 0], "it does dig it up"
    assert any(words in told for told in report.odd), report.odd


KEPT = {
    "a table of it": "table = {}\nfor i in range(64):\n    table[i] = library(z, z, *2 * [torch.tensor(float(i))])",
    "it traced": "fast = torch.jit.trace(lambda *a: library(*a), (z, z, torch.tensor(1.0), torch.tensor(0.0)))",
}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("kept", KEPT)
def test_who_keeps_what_the_library_says_before_anybody_asks_is_told_of(course, graded, kept):
    """An answer's own cell that calls the library's: to compare with it, or to have it answer later."""
    begins = "from minivid.diffusion.bound import posterior as library\nz = torch.zeros(1, 1, 2, 2, 2)\n"
    report, points = graded({"3.3": f"{begins}{KEPT[kept]}\n{course.right('3.3')}"})
    assert points == [0, 3, 0] and report.odd == ("3.3: calls the library's answer in its cell.",), report.odd


def test_who_reads_about_the_library_or_is_refused_it_is_not_told_of(course, graded):
    reads = (
        "from minivid.diffusion import ddim\nfrom minivid.diffusion.bound import posterior as library\nimport inspect\n"
    )
    reads += "from minivid.show import show_source\nhelp(library)\nddim?\nlibrary??\ninspect.signature(library)\nshow_source(library)\n"
    reads += "sorted(f.__name__ for f in (ddim, library))\n"
    lent = "from minivid.diffusion.objective import diffuse\n    return diffuse(x, eps, alpha, sigma), eps"

    def add(notebook):
        notebook["cells"].insert(2, {"cell_type": "code", "metadata": {}, "id": "mine", "source": reads, "outputs": []})

    cells = {
        "3.1": course.right("3.1").replace("return alpha * x + sigma * eps, eps", lent),
        "3.3": course.right("3.3"),
    }
    report, points = graded(cells, add)
    assert points == [0, 3, 0] and report.odd == (), report.odd


def test_in_the_end_an_honest_notebook_gets_what_it_deserves(course, graded, kernels):
    honest = {
        "3.1": course.right("3.1"),
        "3.3": course.answer("3.3", "SECOND"),
        "3.5": course.answer("3.5", "mask_inverted"),
    }
    report, points = graded(honest)
    assert points == [2, 3, 0], report.table()
    assert report.odd == ()
    below = psutil.Process(os.getpid()).children(recursive=True)
    left = [
        one for one in below if one.status() != psutil.STATUS_ZOMBIE and "kernel_process" in " ".join(one.cmdline())
    ]
    assert len(left) == 1, left  # the first process alone
