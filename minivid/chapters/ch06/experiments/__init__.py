"""Chapter 6's measurements. `minivid measure 06_methods` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch06.experiments.curation import apart_sentence, filters_table, measure_stages, stages_table
from minivid.chapters.ch06.experiments.edits import edit_table, measure_edit, shown_clips
from minivid.chapters.ch06.experiments.lift import lift_sentence, lift_table, longer_sentence, measure_lift, models
from minivid.chapters.ch06.experiments.methods import (
    beside_the_receipt,
    errors_table,
    measure_methods,
    methods_table,
    minutes_sentence,
)
from minivid.chapters.ch06.experiments.pipeline import measure_pipeline, pipeline_table, place_sentence, shown_stages
from minivid.chapters.ch06.experiments.restyle import measure_gen1, restyle_table, restyled_clips
from minivid.chapters.ch06.experiments.seams import (
    long_clips,
    measure_seams,
    more_across,
    of_the_clips,
    seam_curves,
    seams_table,
    steps_of,
)
from minivid.chapters.ch06.experiments.supers import measure_supers, more, shown_large, supers_table
from minivid.chapters.ch06.experiments.told import measure_svd, told_table

MEASUREMENTS = {
    "06_curation": measure_stages,
    "06_edit": measure_edit,
    "06_gen1": measure_gen1,
    "06_lift": measure_lift,
    "06_methods": measure_methods,
    "06_pipeline": measure_pipeline,
    "06_seams": measure_seams,
    "06_supers": measure_supers,
    "06_svd": measure_svd,
}

__all__ = [
    "MEASUREMENTS",
    "apart_sentence",
    "beside_the_receipt",
    "edit_table",
    "errors_table",
    "filters_table",
    "lift_sentence",
    "lift_table",
    "long_clips",
    "longer_sentence",
    "measure_edit",
    "measure_gen1",
    "measure_lift",
    "measure_methods",
    "measure_pipeline",
    "measure_seams",
    "measure_stages",
    "measure_supers",
    "measure_svd",
    "methods_table",
    "minutes_sentence",
    "models",
    "more",
    "more_across",
    "of_the_clips",
    "pipeline_table",
    "place_sentence",
    "restyle_table",
    "restyled_clips",
    "seam_curves",
    "seams_table",
    "shown_clips",
    "shown_large",
    "shown_stages",
    "stages_table",
    "steps_of",
    "supers_table",
    "told_table",
]
