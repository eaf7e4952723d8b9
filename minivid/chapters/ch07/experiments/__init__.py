"""Chapter 7's measurements. `minivid measure 07_pieces` runs one whole and writes its receipt."""

from minivid.chapters.ch07.experiments.control import beside_control, control_table, measure_control, measure_steered
from minivid.chapters.ch07.experiments.long import at_once, long_table, measure_long, measure_memory, scores, seams
from minivid.chapters.ch07.experiments.module import measure_module, module_table
from minivid.chapters.ch07.experiments.pieces import beside_the_receipt, measure_pieces, pieces_table

MEASUREMENTS = {
    "07_pieces": measure_pieces,
    "07_control": measure_control,
    "07_steered": measure_steered,
    "07_long": measure_long,
    "07_memory": measure_memory,
    "07_module": measure_module,
}

__all__ = [
    "MEASUREMENTS",
    "at_once",
    "beside_control",
    "beside_the_receipt",
    "control_table",
    "long_table",
    "measure_control",
    "measure_long",
    "measure_memory",
    "measure_module",
    "measure_pieces",
    "measure_steered",
    "module_table",
    "pieces_table",
    "scores",
    "seams",
]
