"""The course as a web site, built without a network: `minivid site` (minivid/cli/site.py).

    executed student notebooks ─ chapters ┐
    docstrings ─────────────── reference  ├─ a folder of sources ─ sphinx ─ a folder of pages ─ inspected
    receipts, texts, change log ───────── ┘

Its packages are the extra `site`. Tests in tests/course/site/.
"""
