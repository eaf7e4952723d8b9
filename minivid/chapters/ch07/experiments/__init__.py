"""Chapter 7's measurements. `minivid measure 07_pieces` runs it whole and writes its receipt."""

from minivid.chapters.ch07.experiments.pieces import beside_the_receipt, measure_pieces, pieces_table

MEASUREMENTS = {"07_pieces": measure_pieces}

__all__ = ["MEASUREMENTS", "beside_the_receipt", "measure_pieces", "pieces_table"]
