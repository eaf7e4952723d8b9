"""Chapter 4's measurements. `minivid measure 04_targets` runs one whole and writes its receipt."""

from minivid.chapters.ch04.experiments.targets import measure_targets, targets_table
from minivid.chapters.ch04.experiments.words import trained

MEASUREMENTS = {"04_targets": measure_targets}

__all__ = ["MEASUREMENTS", "measure_targets", "targets_table", "trained"]
