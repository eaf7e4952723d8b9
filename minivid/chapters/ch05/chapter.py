"""Chapter 5: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch05.exercises import block, euler, factorized, flow, guide, pack, patches, rotary, shift
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Diffusion transformers",
    promise="Spacetime patches; any size and any length in one batch",
    core=True,
    exercises=(
        patches.PATCHIFY,
        patches.UNPATCHIFY,
        block.EXERCISE,
        rotary.EXERCISE,
        factorized.EXERCISE,
        pack.EXERCISE,
        flow.EXERCISE,
        shift.EXERCISE,
        euler.EXERCISE,
        guide.EXERCISE,
    ),
)
