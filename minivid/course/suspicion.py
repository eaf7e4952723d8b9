"""What a person should look at: code that reaches for the grader or for the interpreter's inside. A hint, no verdict.

`Watch` sees what is done in a student's process, by Python's audit events, which cannot be switched off; `traces` what is written.
"""

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

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
    r"\bco_consts\b|\bf_globals\b|\b__subclasses__\b": "names the interpreter's inside",
}


def traces(source: str) -> list[str]:
    """What is odd in a cell's text, as a few words each."""
    return [words for pattern, words in WRITTEN.items() if re.search(pattern, source)]


@dataclass
class Watch:
    """Notes what lines of the notebook itself do that no answer needs. tell: called once with each kind's words."""

    names: Mapping[str, Any]
    tell: Callable[[str], None] = lambda _: None
    told: set[str] = field(default_factory=set)
    _looking: bool = False

    def begin(self) -> None:
        """For good: an audit hook stays as long as its process, and what is forked from it."""
        sys.addaudithook(self._heard)

    def _heard(self, event: str, details: tuple) -> None:
        words = PARTS.get(details[1]) if event == "object.__getattr__" else EVENTS.get(event)
        if words is None or words in self.told or self._looking:
            return
        self._looking = True  # since to look at a frame is an event too
        try:
            if sys._getframe(1).f_globals is self.names:
                self.told.add(words)
                self.tell(words)
        finally:
            self._looking = False
