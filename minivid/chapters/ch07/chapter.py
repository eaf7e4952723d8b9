"""Chapter 7: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch07.exercises import (
    beside,
    first_frame,
    forward_noise,
    interleaved,
    motion_field,
    moved,
    smoothed,
    two_storeys,
)
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Without any training",
    promise="An image model makes a film: by noise that moves, by shared keys, by pictures that say where",
    core=True,
    exercises=(
        motion_field.EXERCISE,
        moved.EXERCISE,
        forward_noise.EXERCISE,
        first_frame.EXERCISE,
        smoothed.EXERCISE,
        beside.EXERCISE,
        interleaved.EXERCISE,
        two_storeys.EXERCISE,
    ),
)
