"""The loop over frames is what exercise 2.9 asks for: the library's may not be called for it."""

import torch
from torch import nn

from minivid.chapters.ch02.exercises import bidirectional
from minivid.course.probing import Verdict, examine
from minivid.nn.conv import SpatialConv
from minivid.nn.propagation import ConvGRUCell, propagate


class Borrowed(nn.Module):
    def __init__(self, dim_in, dim):
        super().__init__()
        self.forward_cell, self.backward_cell = ConvGRUCell(dim_in, dim), ConvGRUCell(dim_in, dim)
        self.join = SpatialConv(2 * dim, dim, kernel=1)

    def forward(self, x):
        past, future = propagate(self.forward_cell, x), propagate(self.backward_cell, x, backwards=True)
        return self.join(torch.cat([past, future], dim=1))


def test_the_library_s_loop_is_refused_and_its_class_too():
    outcome = examine(bidirectional.EXERCISE, Borrowed, 0)
    assert outcome.verdict is Verdict.WRONG and "`propagate`, which is the answer" in outcome.message
    outcome = examine(bidirectional.EXERCISE, type("Mine", (bidirectional.Bidirectional,), {}), 0)
    assert outcome.verdict is Verdict.WRONG and "library's own" in outcome.message
