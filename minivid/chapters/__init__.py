"""The course's chapters, a folder each: `chNN` is one as soon as it holds a `chapter.py`.

`minivid.course.listing` finds them. None of them imports another, and nothing outside names one (tests/test_layers.py).
"""
