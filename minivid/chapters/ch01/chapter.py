"""Chapter 1: its place on the map, and its exercises in the order of their numbers."""

from minivid.chapters.ch01.exercises import affine_motion, cuts, interpolate, motion_energy, slow_flow
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Why video is hard",
    promise="Flicker, drift and jumps, made on purpose and measured; motion seen in every way there is",
    core=True,
    exercises=(
        motion_energy.EXERCISE,
        slow_flow.EXERCISE,
        affine_motion.EXERCISE,
        interpolate.EXERCISE,
        cuts.EXERCISE,
    ),
)
