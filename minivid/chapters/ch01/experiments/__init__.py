"""Chapter 1's measurements. `minivid measure 01_flow` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch01.experiments.curation import measure_curation
from minivid.chapters.ch01.experiments.flow_network import measure_flow
from minivid.chapters.ch01.experiments.interpolation import measure_interpolation

MEASUREMENTS = {
    "01_flow": measure_flow,
    "01_interpolation": measure_interpolation,
    "01_curation": measure_curation,
}

__all__ = ["MEASUREMENTS"]
