"""Receipts hold what is needed to measure again, and refuse what is no measurement."""

import json

import numpy as np
import pytest
import torch

from minivid.course.receipt import ReceiptError, receipt, write_receipt


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
    assert text == json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    assert [path.name for path in written.iterdir()] == ["guidance.json"]


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
