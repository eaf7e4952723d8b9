"""Captions from several captioners, and a text judge that chooses among them, as Panda-70M's were chosen (Chen et al. 2024)."""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from minivid.chapters.ch01.experiments.films import CLIPS
from minivid.data.captions import Motion, write
from minivid.judges import DIRECTIONS_SAID, SPEEDS_SAID, Judge
from minivid.metrics.features import WORDS
from minivid.metrics.text_score import text_score
from minivid.motion.trajectories import centroid, first_velocity

Video = Float[Tensor, "n c t h w"]


@torch.inference_mode()
def by_middle_frame(video: Video, judge: Judge) -> list[str]:
    """What one who sees a single frame can say: which digit it is. Of motion, nothing."""
    _, frames = judge.net.words(video)
    return [write([Motion(digit, ("right",))]).split(" moves")[0] for digit in digits(frames[:, video.shape[2] // 2])]


@torch.inference_mode()
def by_network(video: Video, judge: Judge) -> list[str]:
    """The digit, way and pace that the motion judge names when it has seen the whole clip."""
    film, _ = judge.net.words(video)
    ways, paces = (film[:, part].argmax(1).tolist() for part in (DIRECTIONS_SAID, SPEEDS_SAID))
    rows = zip(digits(film), ways, paces, strict=True)
    return [
        write([Motion(digit, (WORDS[DIRECTIONS_SAID][way],), (WORDS[SPEEDS_SAID][pace],))]) for digit, way, pace in rows
    ]


@torch.inference_mode()
def by_path(video: Video, judge: Judge) -> list[str]:
    """The digit that the judge sees in most frames, and the way and the pace of the ink's first steps, measured."""
    _, frames = judge.net.words(video)
    read = frames[..., :10].argmax(-1).mode(dim=1).values.tolist()
    words = CLIPS.words(first_velocity(centroid(video)))
    return [write([Motion(digit, (way,), (pace,))]) for digit, (way, pace) in zip(read, words, strict=True)]


def digits(logits: Float[Tensor, "n words"]) -> list[int]:
    """The likeliest numerals; they are the first ten of WORDS."""
    return logits[:, :10].argmax(1).tolist()


def best_of(video: Video, captions: Sequence[Sequence[str]], judge: Judge) -> tuple[list[str], Float[Tensor, "n k"]]:
    """For each clip the caption that the text judge finds most like it, of k lists of captions, and all the scores."""
    scores = torch.stack([text_score(judge.net, video, said) for said in captions], dim=1)
    return [captions[choice][i] for i, choice in enumerate(scores.argmax(1).tolist())], scores
