"""Chapter 6's measurements. `minivid measure 06_seams` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch06.experiments.seams import (
    long_clips,
    measure_seams,
    more_across,
    of_the_clips,
    seam_curves,
    seams_table,
    steps_of,
)

MEASUREMENTS = {"06_seams": measure_seams}

__all__ = [
    "MEASUREMENTS",
    "long_clips",
    "measure_seams",
    "more_across",
    "of_the_clips",
    "seam_curves",
    "seams_table",
    "steps_of",
]
