"""Property tests of the world are not timed: the first that draws a digit also loads and sharpens all of them."""

from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
