"""Chapter 12, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(title="Editing", promise="A given film, changed as you say")
