"""Chapter 1's measurements. `minivid measure 01_memory` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch01.experiments import breaks, routes
from minivid.chapters.ch01.experiments.breaks import BREAKS, breaks_table, factors, ink_left, measure_breaks
from minivid.chapters.ch01.experiments.curation import measure_curation
from minivid.chapters.ch01.experiments.flow_network import measure_flow
from minivid.chapters.ch01.experiments.interpolation import measure_interpolation
from minivid.chapters.ch01.experiments.memory import NET, measure_memory, measured_peak, remedies_table, train_steps
from minivid.chapters.ch01.experiments.routes import measure_routes, routes_table
from minivid.chapters.ch01.experiments.steadying import (
    change,
    difference_loss,
    film_and_flicker,
    measure_steadying,
    steadied,
    steadying_sentence,
)

MEASUREMENTS = {
    "01_memory": measure_memory,
    "01_breaks": measure_breaks,
    "01_steadying": measure_steadying,
    "01_flow": measure_flow,
    "01_interpolation": measure_interpolation,
    "01_curation": measure_curation,
    "01_routes": measure_routes,
}

__all__ = [
    "BREAKS",
    "MEASUREMENTS",
    "NET",
    "breaks",
    "breaks_table",
    "change",
    "difference_loss",
    "factors",
    "film_and_flicker",
    "ink_left",
    "measure_breaks",
    "measure_curation",
    "measure_flow",
    "measure_interpolation",
    "measure_memory",
    "measure_routes",
    "measure_steadying",
    "measured_peak",
    "remedies_table",
    "routes",
    "routes_table",
    "steadied",
    "steadying_sentence",
    "train_steps",
]
