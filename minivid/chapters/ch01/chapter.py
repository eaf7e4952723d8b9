"""Chapter 1, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Why video is hard",
    promise="Flicker, drift and jumps, made on purpose and measured; motion seen in every way there is",
    core=True,
)
