"""Source: the right lines of the right file, highlighted."""

import inspect

import pytest
import torch

from minivid.show import show_sheet, show_source
from minivid.show.style import Picture


def test_a_function_is_shown_with_its_place():
    source = show_source(show_sheet)
    lines, first = inspect.getsourcelines(inspect.unwrap(show_sheet))
    assert source.caption == f"minivid/show/sheet.py, lines {first}–{first + len(lines) - 1}"
    assert source.code.startswith("def show_sheet(") and source.code in "".join(lines)


def test_a_method_is_shown_flush_left():
    assert show_source(Picture.write).code.startswith("def write(self")


def test_an_instance_shows_its_class():
    assert show_source(torch.nn.Identity()).code.startswith("class Identity(")


def test_the_page_is_highlighted_and_escaped():
    page = show_source(show_sheet)._repr_html_()
    assert 'style="' in page and ">def<" in page and "-&gt;" in page and "lines" in page


@pytest.mark.parametrize("compiled", [len, torch.relu, torch.Tensor.add_])
def test_what_has_no_source_is_said(compiled):
    with pytest.raises(ValueError, match="has no Python source to show"):
        show_source(compiled)
