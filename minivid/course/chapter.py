"""What a chapter says of itself in its `chapter.py`, as CHAPTER."""

from dataclasses import dataclass

from minivid.course.exercise import Task


@dataclass(frozen=True)
class Chapter:
    """A chapter's entry in the course: its number is its folder's, `minivid/chapters/ch03` is 3.

    promise: what the reader can do afterwards, for the map. core: it belongs to the part that others build on.
    exercises: in the order of the chapter's points table.
    """

    title: str
    promise: str
    core: bool = False
    exercises: tuple[Task, ...] = ()
