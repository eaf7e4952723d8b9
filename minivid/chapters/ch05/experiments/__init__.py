"""Chapter 5's measurements. `minivid measure 05_digits` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch05.experiments.clinic import clinic_table, patients
from minivid.chapters.ch05.experiments.conventions import CONVENTIONS, conventions_table
from minivid.chapters.ch05.experiments.costs import KINDS, cost_sentence, seconds_of
from minivid.chapters.ch05.experiments.digits import digits_sentence, digits_table, longer_table, measure_digits
from minivid.chapters.ch05.experiments.flow import flow_table, measure_flow
from minivid.chapters.ch05.experiments.minutes import measure_minutes, minutes_table
from minivid.chapters.ch05.experiments.small import SMALL, small_run
from minivid.chapters.ch05.experiments.sora import SORA

MEASUREMENTS = {"05_digits": measure_digits, "05_flow": measure_flow, "05_minutes": measure_minutes}

__all__ = [
    "CONVENTIONS",
    "KINDS",
    "MEASUREMENTS",
    "SMALL",
    "SORA",
    "clinic_table",
    "conventions_table",
    "cost_sentence",
    "digits_sentence",
    "digits_table",
    "flow_table",
    "longer_table",
    "measure_digits",
    "measure_flow",
    "measure_minutes",
    "minutes_table",
    "patients",
    "seconds_of",
    "small_run",
]
