"""7.8: a long film in two storeys, key frames and what lies between two of them."""

from functools import partial
from itertools import pairwise

import torch
from torch import Tensor

from minivid.adapt import controlvideo
from minivid.adapt.controlvideo import OfSome
from minivid.chapters.ch07.told import the_only_one
from minivid.course.exercise import Arrays, Exercise, Probe, WrongAnswer


def two_storeys(z: Tensor, chosen: list[int], among_keys: OfSome, within: OfSome) -> Tensor:
    """What `among_keys` says of the key frames together, and `within` of the frames between each two, key frames at both ends."""
    return controlvideo.two_storeys(z, chosen, among_keys, within)


def _film(seed: int, frames: int, chosen: tuple[int, ...]) -> dict:
    generator = torch.Generator().manual_seed(seed)
    return {"z": torch.randn(2, 3, frames, 4, 4, generator=generator), "chosen": list(chosen)}


def all_together(x: Tensor, which: list[int]) -> Tensor:
    """A network whose frames look at all frames, and are told their numbers: as far as these probes can see."""
    return 0.5 * x + x.mean(2, keepdim=True) + 0.1 * torch.tensor(which).float()[:, None, None]


def of_both_ends(x: Tensor, which: list[int]) -> Tensor:
    """A network whose frames look at the first and at the last that it is given."""
    return 0.8 * x + 0.3 * x[:, :, :1] + 0.6 * x[:, :, -1:] - 0.1 * torch.tensor(which).float()[:, None, None]


def _checked(network: OfSome, name: str, length: int) -> OfSome:
    """The same, with a sentence for what it cannot be called with."""

    def called(frames: Tensor, numbers: list[int]) -> Tensor:
        if not isinstance(frames, Tensor) or frames.ndim != 5:
            raise WrongAnswer(f"`{name}` wants frames b c n h w first, then their numbers")
        which = [int(k) for k in numbers]
        if len(which) != frames.shape[2]:
            raise WrongAnswer(
                f"`{name}` was given {frames.shape[2]} frames and {len(which)} numbers; expected one a frame"
            )
        if not which or not all(0 <= k < length for k in which):
            raise WrongAnswer(f"`{name}` was given frames {which}; the film has 0 to {length - 1}")
        return network(frames, which)

    return called


def _said(obj, inputs: dict) -> dict:
    z, chosen = inputs["z"], inputs["chosen"]
    networks = (("among_keys", all_together), ("within", of_both_ends))
    called = [_checked(network, name, z.shape[2]) for name, network in networks]
    return {"said": obj(z.clone(), list(chosen), *called)}


def _by(z: Tensor, chosen: list[int], segment, ends: Tensor | None = None, keep: bool = True, counted=list) -> Tensor:
    """As it should be but for the segments: `segment(first, last)` lists its frames; `ends` is where key frames are taken from;
    keep: what was said of the key frames stands; `counted` gives the numbers that the frames are said to have."""
    out = torch.zeros_like(z)
    out[:, :, chosen] = all_together(z[:, :, chosen], chosen)
    seen = z.clone()
    if ends is not None:
        seen[:, :, chosen] = ends[:, :, chosen]
    for first, last in pairwise(chosen):
        frames = segment(first, last)
        said = of_both_ends(seen[:, :, frames], counted(frames))
        for place, k in enumerate(frames):
            if not keep or k not in chosen:
                out[:, :, k] = said[:, :, place]
    return out


def _agrees(arrays: Arrays, inputs: dict) -> bool | str:
    z, chosen = inputs.values()
    whole = list(range(z.shape[2]))
    plain = lambda first, last: list(range(first, last + 1))  # noqa: E731
    right = _by(z, chosen, plain)
    apart = torch.cat([all_together(z[:, :, [k]], [k]) for k in chosen], dim=2)
    alone, nothing = right.clone(), right.clone()
    alone[:, :, chosen] = apart
    between = [k for k in whole if k not in chosen]
    nothing[:, :, between] = 0
    unsaid = right.clone()
    unsaid[:, :, between] = z[:, :, between]
    from_0, of_all = right.clone(), right.clone()
    from_0[:, :, chosen] = all_together(z[:, :, chosen], list(range(len(chosen))))
    of_all[:, :, chosen] = all_together(z, whole)[:, :, chosen]
    mistakes = {
        "The key frames are numbered 0, 1, 2 …: `among_keys` is told their numbers in the film.": from_0,
        "The frames of a segment are numbered from 0: `within` is told their numbers in the film.": _by(
            z, chosen, plain, counted=lambda frames: list(range(len(frames)))
        ),
        "`among_keys` is given all frames, and what it says of the key frames is kept: a long film would not fit.": of_all,
        "The key frames are handed over one by one: they should look at each other.": alone,
        "All frames are handed to `among_keys`: a long film would not fit.": all_together(z, whole),
        "All frames are handed to `within` at once: a long film would not fit.": of_both_ends(z, whole),
        "The frames between are nothing: what `within` says of them is not put in their places.": nothing,
        "The frames between are z itself: what `within` says of them is not put in their places.": unsaid,
        "The last frame that a segment is given is one between, and should be its last key frame. (Published code puts both key frames in front of "
        "the others.)": _by(z, chosen, lambda first, last: list(range(first, last))),
        "The first frame that a segment is given is one between, and should be its first key frame.": _by(
            z, chosen, lambda first, last: list(range(first + 1, last + 1))
        ),
        "The key frames have gone on when the segments see them: in z they stand at the same noise level as the others.": _by(
            z, chosen, plain, ends=right
        ),
        "The segments overwrite what was said of the key frames.": _by(z, chosen, plain, keep=False),
        "The frames between look at the film's first and last frame: hand over each segment by itself, with the two keys at its own ends.": _by(
            z, chosen, lambda first, last: [chosen[0], *range(first + 1, last), chosen[-1]]
        ),
        "The two networks are exchanged.": _exchanged(z, chosen),
    }
    if not between:  # then what two of these say is one thing
        mistakes = {sentence: value for sentence, value in mistakes.items() if "`within` at once" not in sentence}
        del mistakes["The two networks are exchanged."]
        mistakes["What is returned of the key frames is `within`'s: it should be `among_keys`'."] = _exchanged(
            z, chosen
        )
    return the_only_one(arrays["said"], right, mistakes)


def _exchanged(z: Tensor, chosen: list[int]) -> Tensor:
    out = torch.zeros_like(z)
    out[:, :, chosen] = of_both_ends(z[:, :, chosen], chosen)
    for first, last in pairwise(chosen):
        frames = list(range(first, last + 1))
        out[:, :, frames[1:-1]] = all_together(z[:, :, frames], frames)[:, :, 1:-1]
    return out


EXERCISE = Exercise(
    id="7.8",
    title="Two storeys",
    points=3,
    stars=3,
    minutes=20,
    reference=two_storeys,
    answers=(two_storeys, controlvideo.two_storeys),
    probes=(
        Probe(
            "key frames alone",
            (
                "Where every frame is a key frame, it is not what should be said of them.",
                "All key frames are handed to `among_keys` at once, with their numbers, and its answer goes back to their places.",
                "`out[:, :, chosen] = among_keys(z[:, :, chosen], chosen)`.",
            ),
            partial(_film, frames=4, chosen=(0, 1, 2, 3)),
            _said,
            _agrees,
        ),
        Probe(
            "one segment",
            (
                "Key frames alone are right; a segment between two of them is not.",
                "`within` is given the key frame, the frames between and the other key frame, in this order and as they stand in z.",
                "`segment = list(range(first, last + 1))`; of what `within` says, `[:, :, 1:-1]` goes to `segment[1:-1]`.",
            ),
            partial(_film, frames=5, chosen=(0, 4)),
            _said,
            _agrees,
        ),
        Probe(
            "several segments",
            (
                "One segment is right; several are not.",
                "Each segment lies between two neighbouring key frames, and the last may be shorter, or have nothing between.",
                "`for first, last in pairwise(chosen)`.",
            ),
            partial(_film, frames=12, chosen=(0, 3, 4, 7, 9, 11)),
            _said,
            _agrees,
        ),
    ),
)
