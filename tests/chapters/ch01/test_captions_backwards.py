"""The cell that plays clips backwards, run as in the gpu budget with a tiny random CLIP read from a folder: model, tokenizer and all."""

from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest

from minivid import judges
from minivid.chapters.ch01.experiments.films import CLIPS
from minivid.metrics.pretrained import clip_score
from minivid.metrics.text_score import text_score
from minivid.tools import compat

SOURCE = next((Path(__file__).parents[3] / "solutions").glob("01_*.py"))


@pytest.fixture
def tiny_clip(tmp_path) -> Path:
    """A CLIP without training, whose words are letters."""
    pytest.importorskip("transformers")
    compat.import_torchvision()
    from transformers import CLIPConfig, CLIPModel, CLIPTokenizer

    letters = "abcdefghijklmnopqrstuvwxyz0123456789,"
    words = [*letters, *(letter + "</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    CLIPTokenizer(vocab=vocabulary, merges=[]).save_pretrained(tmp_path)
    small = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    config = CLIPConfig(
        text_config={**small, "vocab_size": len(words), "eos_token_id": len(words) - 1},
        vision_config={**small, "image_size": 32, "patch_size": 16},
        projection_dim=8,
    )
    CLIPModel(config).save_pretrained(tmp_path)
    return tmp_path


def cell(mark: str) -> str:
    """The source of the chapter's cell that holds these words."""
    (found,) = (part for part in SOURCE.read_text(encoding="utf-8").split("\n# %%") if mark in part)
    return found


def said(clips, load, capsys) -> list[str]:
    """The lines that the cell prints about these clips where CLIP is loaded by `load`."""
    names = {"digit_clips": clips.video, "true": clips.caption, "judges": judges, "partial": partial}
    names |= {"text_score": text_score, "pretrained": SimpleNamespace(clip_score=load)}
    exec(cell("def both_ways"), names | {"budget": SimpleNamespace(budget=lambda: "gpu")})
    return capsys.readouterr().out.splitlines()


def test_clip_gives_a_film_and_its_reverse_one_score_and_the_judge_does_not(tiny_clip, capsys):
    clips = CLIPS.sample(6, seed=3)
    judge, clip = (line.split() for line in said(clips, lambda: clip_score(str(tiny_clip)), capsys))
    assert clip[-3] == clip[-1], "the same frames, in another order"
    assert float(judge[-3]) > float(judge[-1]) + 0.05
    scores = clip_score(str(tiny_clip))(clips.video, clips.caption)
    assert scores.shape == (6,) and scores.abs().max() <= 1 and scores.std() > 0


def test_without_clip_the_cell_says_what_is_missing(capsys):
    def absent():
        raise FileNotFoundError("it is not on this computer")

    assert said(CLIPS.sample(2, seed=3), absent, capsys)[-1] == "it is not on this computer"
