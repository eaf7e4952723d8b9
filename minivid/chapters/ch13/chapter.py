"""Chapter 13, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(title="Open models and scale", promise="What you have built, in the models that people use")
