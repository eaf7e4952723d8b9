"""Chapter 2, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Factorized convolution and attention",
    promise="What joins frames, what it costs, and how far it sees",
    core=True,
)
