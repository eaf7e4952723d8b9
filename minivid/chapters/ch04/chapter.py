"""Chapter 4, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="The v-parameterization",
    promise="Three ways to say one thing, sampling as a rotation, and a sampler of a few steps",
    core=True,
)
