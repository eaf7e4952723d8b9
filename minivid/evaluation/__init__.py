"""How good are these clips? From what is asked about to a report (chapter 8): what `minivid evaluate` and the receipt of the zoo are made of.

A `subject` is what is scored, or what that is held against; a `jury` of networks looks at it; `of_clips` takes every metric of each clip,
`of_sets` those of a whole set; a `score` is a number with all that it needs to be read; the `report` has them all, and a `page` shows it.
"""
