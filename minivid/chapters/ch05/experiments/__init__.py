"""Chapter 5's measurements. `minivid measure 05_digits` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch05.experiments.clinic import clinic_table, healthy, patients
from minivid.chapters.ch05.experiments.conventions import CONVENTIONS, conventions_table
from minivid.chapters.ch05.experiments.costs import KINDS, cost_sentence, seconds_of
from minivid.chapters.ch05.experiments.digits import digits_sentence, digits_table, longer_table, measure_digits
from minivid.chapters.ch05.experiments.flow import flow_table, measure_flow
from minivid.chapters.ch05.experiments.frontier import law_table, scaling_picture, sizes_table
from minivid.chapters.ch05.experiments.longer import length_curves, lengths_table, longer_model, measure_longer
from minivid.chapters.ch05.experiments.minutes import measure_minutes, minutes_table
from minivid.chapters.ch05.experiments.native import ARMS as NATIVE
from minivid.chapters.ch05.experiments.native import (
    drawn,
    measure_native,
    native_bars,
    native_run,
    native_sentence,
    native_table,
)
from minivid.chapters.ch05.experiments.parts import measure_parts, parts_table
from minivid.chapters.ch05.experiments.scaling import curve, measure_scaling
from minivid.chapters.ch05.experiments.small import SMALL, small_run
from minivid.chapters.ch05.experiments.sora import SORA
from minivid.chapters.ch05.experiments.tricks import measure_tricks, tricks_table

MEASUREMENTS = {
    "05_digits": measure_digits,
    "05_flow": measure_flow,
    "05_longer": measure_longer,
    "05_minutes": measure_minutes,
    "05_native": measure_native,
    "05_parts": measure_parts,
    "05_scaling": measure_scaling,
    "05_tricks": measure_tricks,
}

__all__ = [
    "CONVENTIONS",
    "KINDS",
    "MEASUREMENTS",
    "NATIVE",
    "SMALL",
    "SORA",
    "clinic_table",
    "conventions_table",
    "cost_sentence",
    "curve",
    "digits_sentence",
    "digits_table",
    "drawn",
    "flow_table",
    "healthy",
    "law_table",
    "length_curves",
    "lengths_table",
    "longer_model",
    "longer_table",
    "measure_digits",
    "measure_flow",
    "measure_longer",
    "measure_minutes",
    "measure_native",
    "measure_parts",
    "measure_scaling",
    "measure_tricks",
    "minutes_table",
    "native_bars",
    "native_run",
    "native_sentence",
    "native_table",
    "parts_table",
    "patients",
    "scaling_picture",
    "seconds_of",
    "sizes_table",
    "small_run",
    "tricks_table",
]
