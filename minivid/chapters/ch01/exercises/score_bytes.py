"""1.1: what attention's scores weigh."""

from functools import partial

import torch

from minivid.course.exercise import Exercise, Probe, agrees, returned


def score_bytes(b: int, heads: int, t: int, h: int, w: int, among: str, size: int = 4) -> int:
    """Bytes of the scores of one attention of b clips, t × h × w positions each, where a kernel keeps them.

    among: "all" positions of a clip, those of a frame ("space"), or one pixel's over the frames ("time").
    """
    sequences, length = {"all": (b, t * h * w), "space": (b * t, h * w), "time": (b * h * w, t)}[among]
    return sequences * heads * length**2 * size


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
_agrees = agrees(score_bytes, _bytes)
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
            "One clip, one head, one byte a number, among all: there is a score for each pair of positions of the clip, and it has t · h · w of them, "
            "so the count is (t · h · w)².",
            partial(_clips, "all", **_alone),
            _bytes,
            _agrees,
        ),
        Probe(
            "within a frame",
            "One clip, one head, one byte, in space: each of the t frames is a sequence of its own, with (h · w)² scores.",
            partial(_clips, "space", **_alone),
            _bytes,
            _agrees,
        ),
        Probe(
            "over time",
            "One clip, one head, one byte, in time: each of the h · w pixels is a sequence of its own, with t² scores.",
            partial(_clips, "time", **_alone),
            _bytes,
            _agrees,
        ),
        Probe(
            "heads",
            "One clip and one byte, but several heads, and each of them has scores of its own: eight heads, eight times the memory.",
            partial(_clips, "all", most_clips=1, size=1),
            _bytes,
            _agrees,
        ),
        Probe(
            "clips",
            "Several clips with one head and one byte: each clip attends by itself, so b of them have b times the scores, and no pair across two clips.",
            partial(_clips, "all", heads=(1, 2), size=1),
            _bytes,
            _agrees,
        ),
        Probe(
            "bytes",
            "The scores are counted right, and `size` is missing: how many bytes one of them has.",
            partial(_clips, "space"),
            _bytes,
            _agrees,
        ),
    ),
)
