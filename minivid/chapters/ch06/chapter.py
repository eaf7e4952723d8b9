"""Chapter 6: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch06.exercises import (
    augmented,
    edit,
    edm_form,
    frame_guidance,
    identity_kernel,
    joined,
    merge,
    mix,
    shown,
    sparse_causal,
    structure,
    time_kernels,
)
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="From image model to video model",
    promise="Pictures that were learnt apart are taught to move together",
    core=True,
    exercises=(
        identity_kernel.EXERCISE,
        mix.EXERCISE,
        sparse_causal.EXERCISE,
        edit.EXERCISE,
        merge.EXERCISE,
        time_kernels.EXERCISE,
        joined.EXERCISE,
        edm_form.EXERCISE,
        frame_guidance.EXERCISE,
        structure.EXERCISE,
        shown.EXERCISE,
        augmented.EXERCISE,
    ),
)
