"""Chapter 7, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Without any training",
    promise="An image model makes a film, if its frames may look at one another",
    core=True,
)
