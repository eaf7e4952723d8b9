"""The index: the course's front door."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Film out of noise", promise="What the course is, how to work in it, and where everything stands"
)
