"""What a person should look at: code that reaches for the grader or for the interpreter's inside. A hint, no verdict.

`Watch` sees what is done in a student's process, by Python's audit events, which cannot be switched off; `traces` what is written.
"""

import re
import sys
import sysconfig
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
WRITTEN = {
    r"\bminivid\.course\.\w|\bminivid\.course\s+import\s+\(?\s*(?!award\b|check\b|hint\b|hand_in\b|summary\b|receipt\b)|\bminivid\s*\.\s*chapters\.\w+\.exercises": "names the grader's modules or the exercises'",
    r"[\"'/\\]solutions\b|\bgetsource\b": "reads sources",
    r"\bsubprocess\b|\bmultiprocessing\b|\bconcurrent\.futures\b|\bos\.(system|popen|fork|exec\w*|spawn\w*|kill\w*)\b": "starts or ends processes",
    r"\b(co_consts|f_globals|f_locals|f_back|__subclasses__|walk_tb|getinnerframes|get_instructions)\b": "names the interpreter's inside",
}


def traces(source: str) -> list[str]:
    """What is odd in a cell's text, as a few words each."""
    return [words for pattern, words in WRITTEN.items() if re.search(pattern, source)]


INSTALLED = tuple(sysconfig.get_paths()[kind] for kind in ("stdlib", "platstdlib", "purelib", "platlib"))


@dataclass
class Watch:
    """Notes what the notebook's lines do that no answer needs, and who looks into an answer of the library's.

    names: the notebook's. tell: called once with each kind's words.
    """

    names: Mapping[str, Any]
    tell: Callable[[str], None] = lambda _: None
    told: set[str] = field(default_factory=set)
    _modules: dict[int, dict] = field(default_factory=dict)
    """Names of the modules that were there before the notebook, by their identity."""
    _looking: bool = False

    def begin(self) -> None:
        """For good: an audit hook stays as long as its process, and what is forked from it."""
        self._modules = {id(vars(module)): vars(module) for module in list(sys.modules.values()) if module is not None}
        self._modules.pop(id(self.names), None)
        sys.addaudithook(self._heard)

    def _heard(self, event: str, details: tuple) -> None:
        words = PARTS.get(details[1]) if event == "object.__getattr__" else EVENTS.get(event)
        if words is None or words in self.told or self._looking:
            return
        self._looking = True  # since to look at a frame is an event too
        try:
            if self._is_the_notebook_s(sys._getframe(1).f_globals) or (details and is_sealed(details[0])):
                self.told.add(words)
                self.tell(words)
        finally:
            self._looking = False

    def _is_the_notebook_s(self, names: dict) -> bool:
        """Lines with these global names: those of a cell, or of what a cell has made, and no module's that is installed."""
        if names is self.names or id(names) in self._modules:
            return names is self.names
        module = sys.modules.get(str(names.get("__name__")))
        origin = getattr(getattr(module, "__spec__", None), "origin", None)
        return getattr(module, "__dict__", None) is not names or not str(origin).startswith(INSTALLED)
