"""Chapter 10, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(title="Conditioning and control", promise="Pictures, trajectories and sound as the director")
