"""Chapter 2's measurements. `minivid measure 02_attention` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch02.experiments.clinic import clinic_table, patients, reach_sheet
from minivid.chapters.ch02.experiments.costs import (
    ATTENTIONS,
    CONVOLUTIONS,
    convolution_sentences,
    convolution_table,
    end_sentence,
    exponent,
    exponent_table,
    fastest,
    measure_attention,
    measure_convolutions,
    routine,
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
from minivid.chapters.ch02.experiments.layers import blocks, radius, reach_of
from minivid.chapters.ch02.experiments.light import TRAINING as LIGHT_TRAINING
from minivid.chapters.ch02.experiments.light import (
    WORLDS,
    forecast_table,
    hardest,
    held_out,
    light_table,
    light_training,
    makers,
    measure_light,
    new_content,
    seconds_a_frame,
    speed_sentence,
    warping_loss,
)
from minivid.chapters.ch02.experiments.memory import measure_memory, memory_table, recall, trained_memory
from minivid.chapters.ch02.experiments.moving import LEVEL, measure_moving, moving, moving_table
from minivid.chapters.ch02.experiments.positions import KINDS as POSITIONS
from minivid.chapters.ch02.experiments.positions import (
    measure_positions,
    positions_table,
    reading_errors,
    trained_reader,
)

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
    "LIGHT_TRAINING",
    "MEASUREMENTS",
    "POSITIONS",
    "WORLDS",
    "Reader",
    "batch",
    "blocks",
    "clinic_table",
    "convolution_sentences",
    "convolution_table",
    "end_sentence",
    "exponent",
    "exponent_table",
    "fastest",
    "forecast_table",
    "fusion_table",
    "hardest",
    "held_out",
    "light_table",
    "light_training",
    "makers",
    "memory_table",
    "moving",
    "moving_table",
    "new_content",
    "patients",
    "positions_table",
    "radius",
    "reach_of",
    "reach_sheet",
    "reading_errors",
    "recall",
    "routine",
    "seconds_a_frame",
    "speed_sentence",
    "step_cost",
    "train_reader",
    "trained_memory",
    "trained_reader",
    "training_step",
    "warping_loss",
]
