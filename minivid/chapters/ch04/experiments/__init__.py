"""Chapter 4's measurements. `minivid measure 04_targets` runs one whole and writes its receipt."""

from minivid.chapters.ch04.experiments.distill import measure_distill
from minivid.chapters.ch04.experiments.drift import drift_table, measure_drift
from minivid.chapters.ch04.experiments.targets import measure_targets, targets_table
from minivid.chapters.ch04.experiments.words import trained

MEASUREMENTS = {"04_targets": measure_targets, "04_drift": measure_drift, "04_distill": measure_distill}

__all__ = [
    "MEASUREMENTS",
    "drift_table",
    "measure_distill",
    "measure_drift",
    "measure_targets",
    "targets_table",
    "trained",
]
