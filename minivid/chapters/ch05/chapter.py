"""Chapter 5, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(
    title="Diffusion transformers", promise="Spacetime patches; any size and any length in one batch", core=True
)
