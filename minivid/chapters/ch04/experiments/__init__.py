"""Chapter 4's measurements. `minivid measure 04_targets` runs one whole and writes its receipt."""

from minivid.chapters.ch04.experiments.distill import measure_distill
from minivid.chapters.ch04.experiments.drift import drift_table, measure_drift
from minivid.chapters.ch04.experiments.mean_flow import mean_flow_table, measure_mean_flow, shown
from minivid.chapters.ch04.experiments.targets import measure_targets, targets_table
from minivid.chapters.ch04.experiments.terminal import measure_terminal, terminal_table
from minivid.chapters.ch04.experiments.words import trained

MEASUREMENTS = {
    "04_targets": measure_targets,
    "04_drift": measure_drift,
    "04_terminal": measure_terminal,
    "04_distill": measure_distill,
    "04_mean_flow": measure_mean_flow,
}

__all__ = [
    "MEASUREMENTS",
    "drift_table",
    "mean_flow_table",
    "measure_distill",
    "measure_drift",
    "measure_mean_flow",
    "measure_targets",
    "measure_terminal",
    "shown",
    "targets_table",
    "terminal_table",
    "trained",
]
