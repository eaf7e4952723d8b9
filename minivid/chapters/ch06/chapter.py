"""Chapter 6: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch06.exercises import edit, identity_kernel, joined, merge, mix, sparse_causal, time_kernels
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="From image model to video model",
    promise="Pictures that were learnt apart are taught to move together",
    core=True,
    exercises=(
        identity_kernel.EXERCISE,
        mix.EXERCISE,
        sparse_causal.EXERCISE,
        merge.EXERCISE,
        edit.EXERCISE,
        time_kernels.EXERCISE,
        joined.EXERCISE,
    ),
)
