"""Chapter 3's measurements. `minivid measure 03_guidance` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch03.experiments.clinic import clinic, clinic_table
from minivid.chapters.ch03.experiments.digits import digits_table, measure_digits
from minivid.chapters.ch03.experiments.extending import WEIGHT, extend, extend_table, measure_extend
from minivid.chapters.ch03.experiments.following import (
    GUIDANCE,
    accuracy,
    beside_the_receipt,
    measure_guidance,
    measure_ordered,
    ordered_here,
    ordered_sentence,
    read_of,
)
from minivid.chapters.ch03.experiments.growth import growth_sentence, measure_growth
from minivid.chapters.ch03.experiments.joint import joint_sentence, measure_joint
from minivid.chapters.ch03.experiments.laptop import (
    LAPTOP,
    landmarks,
    laptop_sentences,
    measure_laptop,
    measure_minutes,
    smoothed,
)

MEASUREMENTS = {
    "03_laptop": measure_laptop,
    "03_minutes": measure_minutes,
    "03_growth": measure_growth,
    "03_guidance": measure_guidance,
    "03_ordered": measure_ordered,
    "03_joint": measure_joint,
    "03_extend": measure_extend,
    "03_digits": measure_digits,
}

__all__ = [
    "GUIDANCE",
    "LAPTOP",
    "MEASUREMENTS",
    "WEIGHT",
    "accuracy",
    "beside_the_receipt",
    "clinic",
    "clinic_table",
    "digits_table",
    "extend",
    "extend_table",
    "growth_sentence",
    "joint_sentence",
    "landmarks",
    "laptop_sentences",
    "ordered_here",
    "ordered_sentence",
    "read_of",
    "smoothed",
]
