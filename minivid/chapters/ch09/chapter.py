"""Chapter 9, to come: its place on the map."""

from minivid.course.chapter import Chapter

CHAPTER = Chapter(title="Latent video", promise="Compress, then generate: autoencoders and tokens")
