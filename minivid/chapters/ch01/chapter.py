"""Chapter 1: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch01.exercises import score_bytes
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Why video is hard",
    promise="Flicker, drift and jumps, made on purpose and measured; motion seen in every way there is",
    core=True,
    exercises=(score_bytes.EXERCISE,),
)
