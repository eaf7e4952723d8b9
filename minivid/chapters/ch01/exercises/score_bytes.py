"""1.1: what attention's scores weigh."""

from functools import partial

import torch

from minivid.chapters.ch01.exercises.judging import told
from minivid.course.exercise import Exercise, Probe, agrees, returned


def score_bytes(b: int, heads: int, t: int, h: int, w: int, among: str, size: int = 4) -> int:
    """Bytes of the scores of one attention of b clips, t × h × w positions each, where a kernel keeps them.

    among: "all" positions of a clip, those of a frame ("space"), or one pixel's over the frames ("time").
    """
    sequences, length = {"all": (b, t * h * w), "space": (b * t, h * w), "time": (b * h * w, t)}[among]
    return sequences * heads * length**2 * size


def _not_squared(b, heads, t, h, w, among, size):
    return b * t * h * w * heads * size


def _one_sequence_a_clip(b, heads, t, h, w, among, size):
    length = {"all": t * h * w, "space": h * w, "time": t}[among]
    return b * heads * length**2 * size


MISTAKES = {
    "This is what one head keeps.": lambda b, heads, *rest: score_bytes(b, 1, *rest),
    "The number of heads is squared, as if all heads were one sequence.": lambda b, heads, *rest: score_bytes(
        b, heads**2, *rest
    ),
    "This is one clip's.": lambda b, *rest: score_bytes(1, *rest),
    "The number of clips is squared, as if all clips were one sequence.": lambda b, *rest: score_bytes(b**2, *rest),
    "This is the number of scores, not of their bytes.": lambda *sizes: score_bytes(*sizes[:-1], 1),
    "A sequence's length is not squared.": _not_squared,
    "This is one sequence a clip, where there are many.": _one_sequence_a_clip,
    "This is all with all, whatever `among` says.": lambda b, heads, t, h, w, among, size: score_bytes(
        b, heads, t, h, w, "all", size
    ),
    "Space and time are exchanged.": lambda b, heads, t, h, w, among, size: score_bytes(
        b, heads, t, h, w, {"space": "time", "time": "space"}.get(among, among), size
    ),
    "These are gigabytes; bytes are asked for.": lambda *sizes: score_bytes(*sizes) / 1e9,
    "These are megabytes; bytes are asked for.": lambda *sizes: score_bytes(*sizes) / 1e6,
    "These are bits; bytes are asked for.": lambda *sizes: score_bytes(*sizes) * 8,
}


def _clips(
    among: str, seed: int, most_clips: int = 6, heads: tuple[int, int] = (2, 9), size: int | None = None
) -> dict:
    """Sizes that all differ. One clip, one head or one size where the probe asks about the rest."""
    generator = torch.Generator().manual_seed(seed)

    def draw(least: int, most: int) -> int:
        return int(torch.randint(least, most, (), generator=generator))

    t = draw(2, 7)
    sizes = {"b": draw(1 if most_clips == 1 else 2, most_clips + 1), "heads": draw(*heads), "t": t, "h": t + draw(1, 5)}
    sizes["w"] = sizes["h"] + draw(1, 5)
    return sizes | {"among": among, "size": size or 2 ** draw(1, 4)}


_bytes = returned("bytes")
_agrees = told(agrees(score_bytes, _bytes), _bytes, MISTAKES, rtol=1e-6, atol=0.0)
_alone = {"most_clips": 1, "heads": (1, 2), "size": 1}

EXERCISE = Exercise(
    id="1.1",
    title="What attention's scores weigh",
    points=2,
    stars=1,
    minutes=10,
    reference=score_bytes,
    probes=(
        Probe(
            "all with all",
            (
                "Among all, with one clip, one head and one byte a score, the count is off.",
                "There is a score for each pair of positions of the clip, and it has t · h · w of them.",
                "`(t * h * w) ** 2`.",
            ),
            partial(_clips, "all", **_alone),
            _bytes,
            _agrees,
        ),
        Probe(
            "within a frame",
            (
                "In space, with one clip, one head and one byte a score, the count is off.",
                "Each of the t frames is a sequence of its own, of h · w positions.",
                "`t * (h * w) ** 2`.",
            ),
            partial(_clips, "space", **_alone),
            _bytes,
            _agrees,
        ),
        Probe(
            "over time",
            (
                "In time, with one clip, one head and one byte a score, the count is off.",
                "Each of the h · w pixels is a sequence of its own, of t positions.",
                "`h * w * t**2`.",
            ),
            partial(_clips, "time", **_alone),
            _bytes,
            _agrees,
        ),
        Probe(
            "heads",
            (
                "With one head it is right, with several it is off.",
                "Each head has scores of its own: eight heads, eight times the memory.",
                "`heads *` the scores of one.",
            ),
            partial(_clips, "all", most_clips=1, size=1),
            _bytes,
            _agrees,
        ),
        Probe(
            "clips",
            (
                "With one clip it is right, with several it is off.",
                "Each clip attends by itself: b of them have b times the scores, and there is no pair across two clips.",
                "`b *` the scores of one.",
            ),
            partial(_clips, "all", heads=(1, 2), size=1),
            _bytes,
            _agrees,
        ),
        Probe(
            "bytes",
            (
                "With one byte a score it is right, with several it is off.",
                "`size` says how many bytes a score has.",
                "`size *` the number of scores.",
            ),
            partial(_clips, "space"),
            _bytes,
            _agrees,
        ),
    ),
)
