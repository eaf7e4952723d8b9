"""How much memory a piece of PyTorch holds, counted tensor by tensor (chapter 1).

Works on any device, and with no device at all: in a `rehearsal` tensors have shapes and no contents, so that a step that would take
80 GB is counted in a second. Checked by tests/tools/test_memory.py against the allocator's own record, as torch.profiler keeps it.
"""

import weakref
from contextlib import AbstractContextManager

import torch
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


class LiveTensors(TorchDispatchMode):
    """Counts bytes inside a `with`: `live.now`, those of all tensors that are alive, and `live.peak`, the most there were.

    with LiveTensors() as live:
        net = build()
        net(x).sum().backward()
    print(live.peak)

    Views share their storage and count once. A tensor that was made before the `with` counts from the first operation that returns
    a view of it. What a kernel allocates for itself and frees before it returns is not seen.
    """

    def __init__(self):
        super().__init__()
        self.now = self.peak = 0
        self._sizes: dict[int, int] = {}

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        result = operation(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self._count(tensor.untyped_storage())
        return result

    def _count(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key in self._sizes:
            return
        self._sizes[key] = storage.nbytes()
        self.now += storage.nbytes()
        self.peak = max(self.peak, self.now)
        weakref.finalize(storage, self._forget, key)  # the Python object lives as long as the memory does

    def _forget(self, key: int) -> None:
        self.now -= self._sizes.pop(key)


def rehearsal() -> AbstractContextManager:
    """Inside it tensors have shape, type and device, and no contents: everything runs, nothing is computed.

    Operations choose the kernels that they would choose on the CPU, so the counts are those of a real run.
    """
    return FakeTensorMode()
