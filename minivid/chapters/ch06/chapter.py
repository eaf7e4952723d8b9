"""Chapter 6, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="From image model to video model",
    promise="Pictures that were learnt apart are taught to move together",
    core=True,
)
