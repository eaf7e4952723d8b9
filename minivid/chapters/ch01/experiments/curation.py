"""Curation of a folder whose defects are known: the scores of each film, thresholds, and how often they are right."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F
from einops import rearrange
from jaxtyping import Bool, Float
from torch import Tensor

from minivid import judges
from minivid.chapters.ch01.experiments import captioning
from minivid.chapters.ch01.experiments.films import CLIPS, DEFECTS, FRAMES, HEIGHT, WIDTH, Film, write_folder
from minivid.data.clips import VideoFolder
from minivid.metrics.curation import cuts, flow_score, frame_differences, looks, mean_around, text_share
from minivid.metrics.distribution import share_interval
from minivid.motion.flow import estimate_flow

SLOWER, SOFTER = 6, 1.5
"""Cuts are sought at every frame, and at every sixth from each start, where a dissolve is nearly one (SVD cascades three rates): it
takes two of the slower steps, so that it stands out less and counts for more."""
FILTERS = ("cut, at every frame only", "cut", "still", "text", "text, of those that move", "dull", "caption")
CAPTIONERS = (
    "came with the film",
    "sees the middle frame",
    "network, whole clip",
    "digit read, path measured",
    "best by the judge",
)
"""In these orders they stand in the tables."""


@dataclass(frozen=True)
class Thresholds:
    """A film is flagged as cut or lettered above, as still or dull below its threshold; chosen on a folder of another seed."""

    cut: float = 3.0
    still: float = 0.0045
    text: float = 0.01
    dull: float = 0.235
    caption: float = 0.6

    def flags(self, scores: Mapping[str, Float[Tensor, " n"]]) -> dict[str, Bool[Tensor, " n"]]:
        """Which films are flagged as what, by their scores."""
        above = {"cut", "text"}
        return {
            name: score > getattr(self, name) if name in above else score < getattr(self, name)
            for name, score in scores.items()
        }


def films_of(folder: Path | str) -> Float[Tensor, "n 3 t h w"]:
    """All films of `folder`/photos that can be read, whole."""
    videos = VideoFolder(Path(folder) / "photos", frames=FRAMES, size=(HEIGHT, WIDTH))
    return torch.cat([videos.clip(i) for i in range(len(videos.videos))])


def clips_of(folder: Path | str) -> Float[Tensor, "n 1 t h w"]:
    """All clips of `folder`/digits, in grey."""
    videos = VideoFolder(Path(folder) / "digits", frames=CLIPS.frames, size=CLIPS.size, colour=False)
    return torch.cat([videos.clip(i) for i in range(len(videos.videos))])


def scores_of(video: Float[Tensor, "n 3 t h w"]) -> dict[str, Float[Tensor, " n"]]:
    """A score for each of DEFECTS. Flow is Farnebäck's at half the size, and pairs with a cut between them do not count."""
    small = rearrange(
        F.avg_pool2d(rearrange(video, "n c t h w -> (n t) c h w"), 2), "(n t) c h w -> n c t h w", n=len(video)
    )
    flow = estimate_flow(small, method="farneback")
    return {
        "cut": torch.stack([cut_score(video), *(SOFTER * cut_score(part) for part in slower(video))]).amax(0),
        "still": flow_score(flow, ~cuts(video)),
        "text": text_share(video),
        "dull": looks(video),
    }


def slower(video: Float[Tensor, "n 3 t h w"]) -> list[Float[Tensor, "n 3 t2 h w"]]:
    """The films at every SLOWER-th frame, from each start."""
    return [video[:, :, start::SLOWER] for start in range(SLOWER)]


def cut_score(video: Float[Tensor, "n 3 t h w"], least: float = 0.05) -> Float[Tensor, " n"]:
    """The ratio at which `cuts` would cease to find one."""
    difference = frame_differences(video)
    ratio = difference / mean_around(difference).clamp(min=1e-6)
    return torch.where(difference > least, ratio, 0).amax(1)


def truth_of(films: list[Film]) -> dict[str, Bool[Tensor, " n"]]:
    """What is wrong with each film, in the manner of `Thresholds.flags`."""
    return {name: torch.tensor([getattr(film, name) for film in films]) for name in DEFECTS}


def measure_curation(films: int = 100, clips: int = 200, seeds: tuple[int, ...] = (10, 11, 12)) -> dict:
    """Precision and recall of each filter on folders of films and digit clips, and which captioner is right how often."""
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    right: dict[str, list[Tensor]] = {}
    for seed in seeds:
        with tempfile.TemporaryDirectory() as folder:
            made, rows = write_folder(folder, films, clips, seed)
            video, digits = films_of(folder), clips_of(folder)
        for name, case in filtered(video, truth_of(made)).items():
            found.setdefault(name, []).append(case)
        captions, scores = captioned(digits, [row["said"] for row in rows])
        wrong = torch.tensor([row["wrong"] for row in rows])
        found.setdefault("caption", []).append((scores < Thresholds().caption, wrong))
        for name, said in captions.items():
            right.setdefault(name, []).append(
                torch.tensor([a == row["true"] for a, row in zip(said, rows, strict=True)])
            )
    filters = {name: quality(*map(torch.cat, zip(*cases, strict=True))) for name, cases in found.items()}
    shares = {name: share(torch.cat(hits)) for name, hits in right.items()}
    return {"films": films, "clips": clips, "thresholds": asdict(Thresholds()), "filters": filters, "captions": shares}


def filtered(
    video: Float[Tensor, "n 3 t h w"], truth: Mapping[str, Bool[Tensor, " n"]]
) -> dict[str, tuple[Bool[Tensor, " m"], Bool[Tensor, " m"]]]:
    """What each filter flags, beside what is true; cuts by every frame alone too, and text among films that are not flagged as still."""
    flags = Thresholds().flags(scores_of(video))
    cases = {name: (flags[name], truth[name]) for name in DEFECTS}
    moving = ~flags["still"]
    cases["cut, at every frame only"] = (cuts(video).any(1), truth["cut"])
    cases["text, of those that move"] = (flags["text"][moving], truth["text"][moving])
    return cases


def captioned(video: Float[Tensor, "n 1 t h w"], said: list[str]) -> tuple[dict[str, list[str]], Float[Tensor, " n"]]:
    """Captions of each captioner and those chosen among them, by name; and how like its clip the judge finds what was said."""
    judge, text = judges.load("judge-motion"), judges.load("judge-text")
    makers = (captioning.by_middle_frame, captioning.by_network, captioning.by_path)
    captions = [said, *(maker(video, judge) for maker in makers)]
    best, scores = captioning.best_of(video, captions, text)
    return dict(zip(CAPTIONERS, [*captions, best], strict=True)), scores[:, 0]


def share(hits: Bool[Tensor, " n"]) -> tuple[float, float, float]:
    """(share, low, high) of what is true of n, with Wilson's 95 % interval; nan where n is 0."""
    if not len(hits):
        return (float("nan"),) * 3
    return (hits.float().mean().item(), *share_interval(int(hits.sum()), len(hits)))


def quality(flagged: Bool[Tensor, " n"], truly: Bool[Tensor, " n"]) -> dict[str, tuple[float, float, float]]:
    """Precision and recall of a filter, each with its interval."""
    return {"precision": share(truly[flagged]), "recall": share(flagged[truly])}


def quality_table(filters: Mapping[str, Mapping[str, Sequence[float]]]) -> str:
    """A line for each filter."""
    lines = [f"{'':26}{'precision':>22}{'recall':>22}"]
    for name in FILTERS:
        values = filters[name]
        cells = [f"{value:.2f} [{low:.2f}, {high:.2f}]" for value, low, high in values.values()]
        lines.append(f"{name:26}" + "".join(f"{cell:>22}" for cell in cells))
    return "\n".join(lines)


def caption_table(captions: Mapping[str, Sequence[float]]) -> str:
    """How often each captioner is right, a line each."""
    rows = ((name, captions[name]) for name in CAPTIONERS)
    return "\n".join(f"{name:26} {value:6.1%} [{low:.1%}, {high:.1%}]" for name, (value, low, high) in rows)
