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
from minivid.chapters.ch06.experiments.told import measure_svd, told_table

MEASUREMENTS = {"06_seams": measure_seams, "06_svd": measure_svd}

__all__ = [
    "MEASUREMENTS",
    "long_clips",
    "measure_seams",
    "measure_svd",
    "more_across",
    "of_the_clips",
    "seam_curves",
    "seams_table",
    "steps_of",
    "told_table",
]
