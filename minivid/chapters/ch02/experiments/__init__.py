"""Chapter 2's measurements. `minivid measure 02_attention` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch02.experiments.clinic import clinic_table, patients, reach_sheet
from minivid.chapters.ch02.experiments.costs import (
    ATTENTIONS,
    CONVOLUTIONS,
    convolution_table,
    exponent,
    exponent_table,
    fastest,
    measure_attention,
    measure_convolutions,
    step_cost,
    training_step,
)
from minivid.chapters.ch02.experiments.fusion import (
    ARMS,
    CLASSES,
    Reader,
    batch,
    fusion_table,
    measure_fusion,
    train_reader,
)
from minivid.chapters.ch02.experiments.light import measure_light
from minivid.chapters.ch02.experiments.memory import measure_memory
from minivid.chapters.ch02.experiments.moving import LEVEL, measure_moving, moving, moving_table
from minivid.chapters.ch02.experiments.positions import measure_positions

MEASUREMENTS = {
    "02_convolutions": measure_convolutions,
    "02_attention": measure_attention,
    "02_fusion": measure_fusion,
    "02_moving": measure_moving,
    "02_positions": measure_positions,
    "02_memory": measure_memory,
    "02_light": measure_light,
}

__all__ = [
    "ARMS",
    "ATTENTIONS",
    "CLASSES",
    "CONVOLUTIONS",
    "LEVEL",
    "MEASUREMENTS",
    "Reader",
    "batch",
    "clinic_table",
    "convolution_table",
    "exponent",
    "exponent_table",
    "fastest",
    "fusion_table",
    "moving",
    "moving_table",
    "patients",
    "reach_sheet",
    "step_cost",
    "train_reader",
    "training_step",
]
