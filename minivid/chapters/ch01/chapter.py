"""Chapter 1: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch01.exercises import (
    affine_motion,
    backward_warp,
    cuts,
    followed,
    interpolate,
    motion_energy,
    score_bytes,
    short_term_loss,
    slow_flow,
    which_break,
)
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Why video is hard",
    promise="Flicker, drift and jumps, made on purpose and measured; motion seen in every way there is",
    core=True,
    exercises=(
        score_bytes.EXERCISE,
        backward_warp.EXERCISE,
        followed.EXERCISE,
        short_term_loss.EXERCISE,
        which_break.EXERCISE,
        motion_energy.EXERCISE,
        slow_flow.EXERCISE,
        affine_motion.EXERCISE,
        interpolate.EXERCISE,
        cuts.EXERCISE,
    ),
)
