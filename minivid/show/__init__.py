"""Pictures and moving pictures of video tensors, for notebooks and files."""

from minivid.show.clips import show
from minivid.show.curves import show_curves
from minivid.show.files import save
from minivid.show.players import player
from minivid.show.sheet import show_image_grid, show_sheet
from minivid.show.slices import show_slice
from minivid.show.source import show_source

__all__ = ["player", "save", "show", "show_curves", "show_image_grid", "show_sheet", "show_slice", "show_source"]
