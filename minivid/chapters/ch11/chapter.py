"""Chapter 11, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(title="Cascades and speed", promise="Small and slow becomes large and fluent, and quicker")
