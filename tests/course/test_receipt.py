"""Receipts hold what is needed to measure again, and refuse what is no measurement."""

import json

import numpy as np
import pytest
import torch

from minivid.course import listing
from minivid.course.receipt import ReceiptError, as_text, receipt, write_receipt


@pytest.fixture
def written(tmp_path):
    values = {"accuracy": torch.tensor([0.9, 1.0]), "scale": np.float32(2), "by": {"name": "reader"}}
    write_receipt("guidance", values, seeds=range(3), minutes=1.23, command="minivid measure", folder=tmp_path)
    return tmp_path


def test_what_was_written_is_read_back(written):
    read = receipt("guidance", written)
    assert read["accuracy"] == pytest.approx([0.9, 1.0])
    assert read["by"] == {"name": "reader"}
    assert read.seeds == [0, 1, 2]
    assert read.command == "minivid measure"
    assert {"python", "torch", "minivid"} <= read.versions.keys()
    assert read.hardware["threads"] == torch.get_num_threads()
    assert "`minivid measure` in 1.23 minutes" in str(read)


def test_the_file_is_sorted_and_ends_in_a_newline_and_nothing_else_is_left(written):
    text = (written / "guidance.json").read_text()
    assert text.endswith("}\n") and list(json.loads(text)) == sorted(json.loads(text))
    assert [path.name for path in written.iterdir()] == ["guidance.json"]


def test_a_list_of_numbers_is_one_line_and_the_text_is_json():
    value = {"b": [[1, 2.5], []], "a": {"words": ["é", None], "none": {}, "deep": [{"x": 1}, 2]}}
    text = as_text(value)
    assert json.loads(text) == value
    assert text.splitlines()[:3] == ["{", ' "a": {', '  "deep": [']
    assert '  "words": ["é", null]' in text.splitlines() and "  [1, 2.5]," in text.splitlines()


@pytest.mark.parametrize("number", listing.folders())
def test_every_receipt_is_kept_in_this_form_and_named_as_its_chapter(number):
    for path in (listing.folders()[number] / "receipts").glob("*.json"):
        text = path.read_text(encoding="utf-8")
        assert text == as_text(json.loads(text)) + "\n" and path.stem.startswith(f"{number}_")


def test_a_receipt_s_name_tells_its_chapter():
    with pytest.raises(ReceiptError, match="'speed' begins with no chapter's number"):
        receipt("speed")


def test_a_missing_receipt_and_a_missing_value_are_sentences(written):
    with pytest.raises(ReceiptError, match=r"no receipt 'joint' \(there are: guidance\)"):
        receipt("joint", written)
    with pytest.raises(ReceiptError, match="it has accuracy, by, scale"):
        receipt("guidance", written)["speed"]


@pytest.mark.parametrize("text", ["{", "[]", '{"values": {}}'])
def test_a_damaged_receipt_is_a_sentence(written, text):
    (written / "guidance.json").write_text(text)
    with pytest.raises(ReceiptError, match="cannot be read"):
        receipt("guidance", written)


@pytest.mark.parametrize("value", [float("nan"), torch.tensor(torch.inf), object(), {"deep": [object()]}])
def test_what_json_cannot_hold_is_refused_by_name(tmp_path, value):
    with pytest.raises(ValueError, match="finite numbers"):
        write_receipt("bad", {"speed": value}, seeds=[0], minutes=1.0, folder=tmp_path)
    assert not list(tmp_path.iterdir())
