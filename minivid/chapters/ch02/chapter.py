"""Chapter 2: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch02.exercises import (
    bidirectional,
    factorized_conv,
    in_windows,
    influence,
    inner_width,
    linear_attention,
    next_frames,
    per_frame,
    relative_bias,
    rotary,
    shifted_windows,
)
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Factorized convolution and attention",
    promise="What joins frames, what it costs, and how far it sees",
    core=True,
    exercises=(
        per_frame.EXERCISE,
        factorized_conv.EXERCISE,
        inner_width.EXERCISE,
        in_windows.EXERCISE,
        shifted_windows.EXERCISE,
        linear_attention.EXERCISE,
        rotary.EXERCISE,
        relative_bias.EXERCISE,
        bidirectional.EXERCISE,
        influence.EXERCISE,
        next_frames.EXERCISE,
    ),
)
