"""minivid: the small library behind the course on video diffusion."""

__version__ = "0.1.0"
