"""Chapter 8's measurements. `minivid measure 08_ladders` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch08.experiments.content_bias import bias_table, measure_content_bias, seen
from minivid.chapters.ch08.experiments.ladders import BLIND, SEES, ladder_table, measure_ladders
from minivid.chapters.ch08.experiments.report import measure_report, zoo_table

MEASUREMENTS = {
    "08_ladders": measure_ladders,
    "08_content_bias": measure_content_bias,
    "08_report": measure_report,
}

__all__ = [
    "BLIND",
    "MEASUREMENTS",
    "SEES",
    "bias_table",
    "ladder_table",
    "measure_content_bias",
    "measure_ladders",
    "measure_report",
    "seen",
    "zoo_table",
]
