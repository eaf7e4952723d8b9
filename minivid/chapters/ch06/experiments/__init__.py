"""Chapter 6's measurements. `minivid measure 06_methods` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch06.experiments.edits import edit_table, measure_edit, shown_clips
from minivid.chapters.ch06.experiments.lift import lift_sentence, lift_table, longer_sentence, measure_lift, models
from minivid.chapters.ch06.experiments.methods import (
    beside_the_receipt,
    errors_table,
    measure_methods,
    methods_table,
    minutes_sentence,
)

MEASUREMENTS = {"06_edit": measure_edit, "06_lift": measure_lift, "06_methods": measure_methods}

__all__ = [
    "MEASUREMENTS",
    "beside_the_receipt",
    "edit_table",
    "errors_table",
    "lift_sentence",
    "lift_table",
    "longer_sentence",
    "measure_edit",
    "measure_lift",
    "measure_methods",
    "methods_table",
    "minutes_sentence",
    "models",
    "shown_clips",
]
