"""Chapter 6's measurements. `minivid measure 06_methods` (and so on) runs one whole and writes its receipt."""

from minivid.chapters.ch06.experiments.methods import beside_the_receipt, errors_table, measure_methods, methods_table

MEASUREMENTS = {"06_methods": measure_methods}

__all__ = ["MEASUREMENTS", "beside_the_receipt", "errors_table", "measure_methods", "methods_table"]
