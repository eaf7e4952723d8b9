"""Chapter 4: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch04.exercises import (
    any_output,
    eta,
    inversion,
    mean_flow,
    min_snr_v,
    progressive,
    rescale,
    rotation,
    second_order,
)
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="The v-parameterization",
    promise="Three ways to say one thing, sampling as a rotation, and a sampler of a few steps",
    core=True,
    exercises=(
        any_output.EXERCISE,
        rotation.EXERCISE,
        min_snr_v.EXERCISE,
        rescale.EXERCISE,
        eta.EXERCISE,
        second_order.EXERCISE,
        inversion.EXERCISE,
        progressive.EXERCISE,
        mean_flow.EXERCISE,
    ),
)
