"""What a person should look at: code that reaches for the grader or for the interpreter's inside. A hint, no verdict.

`Watch` sees what is done in a student's process, by Python's audit events, which cannot be switched off; `traces` what is written.
"""

import re
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

from minivid.course.sealed import is_sealed

EVENTS = {
    "sys._getframe": "looks at the frames of its callers",
    "sys._current_frames": "looks at the frames of other threads",
    "sys.setprofile": "sets a profiler",
    "sys.settrace": "sets a tracer",
    "gc.get_objects": "walks through all objects",
    "gc.get_referrers": "walks through all objects",
    "gc.get_referents": "walks through all objects",
    "ctypes.dlopen": "calls the C library",
    "ctypes.dlsym": "calls the C library",
    "marshal.loads": "loads compiled code",
    "code.__new__": "makes code",
    "function.__new__": "makes a function of code",
    "os.fork": "starts or ends processes",
    "os.kill": "starts or ends processes",
    "sys.addaudithook": "listens to what Python does",
}
PARTS = {
    "__code__": "takes a function's code",
    "__closure__": "takes a function's closure",
    "tb_frame": "looks at the frames of its callers",
}
ORDINARY = r"(?!check\s+import\s+award\b|kept\b|listing\b)"  # what the chapters' own cells import
WRITTEN = {
    rf"\bminivid\.course\.{ORDINARY}\w|\bminivid\.course\s+import\s+\(?\s*(?!award\b|check\b|hint\b|hand_in\b|summary\b|receipt\b)|\bminivid\s*\.\s*chapters\.\w+(\.|\s+import\s+.*\b)exercises\b": "names the grader's modules or the exercises'",
    r"[/\\]\s*[\"']?solutions\b|\bsolutions[/\\]|\bgetsource\b": "reads sources",
    r"\bsubprocess\b|\bmultiprocessing\b(?!\.cpu_count)|\bProcessPoolExecutor\b|\bos\.(system|popen|fork|exec\w*|spawn\w*|kill\w*)\b": "starts or ends processes",
    r"(\.|[\"'])(co_consts|f_globals|f_locals|f_back|__subclasses__)\b|\b(walk_tb|getinnerframes|get_instructions)\b": "names the interpreter's inside",
}


def traces(source: str) -> list[str]:
    """What is odd in a cell's text, as a few words each."""
    return [words for pattern, words in WRITTEN.items() if re.search(pattern, source)]


INSTALLED = tuple(sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib"))
HANDS_ON = re.compile(r"(inspect|threading|concurrent\.futures\.\w+|ctypes|contextlib|functools)$")
"""Modules of Python's that do what they are told to: what happens there is their caller's."""
TAKES_APART = re.compile(r"dis:|inspect:(_?getmembers|getclosurevars|getattr_static)")
"""Whose looking at a function's code is not for a signature or a help text."""


@dataclass
class Watch:
    """Notes what the notebook's lines do that no answer needs, and who takes an answer of the library's apart.

    names: the notebook's. tell: called once with each kind's words.
    """

    names: Mapping[str, Any]
    tell: Callable[[str], None] = lambda _: None
    told: set[str] = field(default_factory=set)
    _modules: dict[int, dict] = field(default_factory=dict)
    """Names of the modules that were there before the notebook, by their identity."""
    _looking: bool = False

    def __post_init__(self):
        self._remember()

    def _remember(self) -> None:
        known = (module for module in list(sys.modules.values()) if hasattr(module, "__dict__"))
        self._modules |= {id(vars(module)): vars(module) for module in known}
        self._modules.pop(id(self.names), None)

    def begin(self) -> None:
        """For good: an audit hook stays as long as its process, and what is forked from it. Modules that have been forgotten since are known."""
        self._remember()
        sys.addaudithook(self._heard)

    def note(self, words: str) -> None:
        """Tell it, unless it has been told."""
        if words not in self.told:
            self.told.add(words)
            self.tell(words)

    def _heard(self, event: str, details: tuple) -> None:
        of_a_part = event == "object.__getattr__"
        words = PARTS.get(details[1]) if of_a_part else EVENTS.get(event)
        if words is None or words in self.told or self._looking:
            return
        self._looking = True  # since to look at a frame is an event too
        try:
            code_of = details[0] if of_a_part and details[1] != "tb_frame" else None
            if self._is_odd(sys._getframe(1), code_of):
                self.note(words)
        finally:
            self._looking = False

    def _is_odd(self, frame: FrameType, code_of: Any) -> bool:
        """Whether the notebook does what is done here. code_of: the function whose code is taken; None where something else is done."""
        place = f"{frame.f_globals.get('__name__')}:{frame.f_code.co_name}"
        if code_of is not None and not TAKES_APART.match(place):
            return self._is_the_notebook_s(frame)
        return (code_of is not None and is_sealed(code_of)) or self._is_the_notebook_s(_behind(frame))

    def _is_the_notebook_s(self, frame: FrameType | None) -> bool:
        """A line of a cell, or of what a cell has made, and of no module that is installed; or nobody's."""
        if frame is None:
            return True
        names = frame.f_globals
        if names is self.names or id(names) in self._modules:
            return names is self.names
        module = sys.modules.get(str(names.get("__name__")))
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        return getattr(module, "__dict__", None) is not names or not str(origin).startswith(INSTALLED)


def _behind(frame: FrameType | None) -> FrameType | None:
    """The nearest whose doing it is."""
    while frame is not None and HANDS_ON.match(str(frame.f_globals.get("__name__"))):
        frame = frame.f_back
    return frame
