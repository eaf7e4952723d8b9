"""Measurements beside other people's networks; see README.md here. Not part of the installed package."""
