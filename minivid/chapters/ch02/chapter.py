"""Chapter 2: what it is called and promises, and its exercises in the order of their numbers."""

from minivid.chapters.ch02.exercises import rotary
from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Factorized convolution and attention",
    promise="What joins frames, what it costs, and how far it sees",
    core=True,
    exercises=(rotary.EXERCISE,),
)
