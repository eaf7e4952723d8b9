"""`minivid sample`: clips drawn from noise by a trained model, to captions that it can obey."""

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from tyro.conf import Positional, UseAppendAction, arg

from minivid.cli.errors import BadInput, at_least, sentences

if TYPE_CHECKING:
    from minivid.data import Motion, World
    from minivid.zoo import Model

OF_ITS_OWN = 4  # clips, when neither captions nor a number are given


def sample(
    model: Positional[Annotated[str, arg(metavar="NAME|FILE")]],
    out: Path,
    caption: UseAppendAction[Annotated[tuple[tuple[str, ...], ...], arg(metavar="TEXT")]] = (),
    n: int | None = None,
    seed: int = 0,
    steps: int | None = None,
    guidance: float | None = None,
    eta: float | None = None,
    quiet: bool = False,
) -> int:
    """Draw clips from noise by a trained model.

    Args:
        model: A model of the zoo (`minivid zoo` lists them), or a file of weights: runs/vdm-small/vdm-small.safetensors.
        out: The file: .gif, .mp4, .png (a row of frames for each clip) or .npz (video: uint8 n t h w c, caption).
        caption: What to draw, as "a 3 moves right, slowly"; several may follow. Without it the model draws what its world would.
        n: Clips of each caption (1); without captions, clips in all (4).
        seed: The same seed gives the same clips.
        steps: Steps from noise to clip: more are slower and finer. Without it 50; of a distilled model, those that it has learnt.
        guidance: How strongly captions are obeyed: 1 is the model alone, 0 ignores them. Without it 3; of a distilled model 1.
        eta: New noise at each step: 1 (the default) as much as the ancestral sampler's, 0 (of a distilled model) none: DDIM.
        quiet: Say nothing but the file's name.
    """
    at_least(1, n=n, steps=steps)
    at_least(0, seed=seed)
    if guidance is not None and not (math.isfinite(guidance) and guidance >= 0):
        raise BadInput(f"--guidance is {guidance:g}; expected a number from 0 on: 1 is the model alone, 3 is usual.")
    if eta is not None and not 0 <= eta <= 1:
        raise BadInput(f"--eta is {eta:g}; expected a number from 0 to 1.")
    with sentences():
        import numpy as np

        from minivid import zoo
        from minivid.show.files import check_path, save

        check_path(out)
        found = zoo.find(model)
        captions = captions_for(found, [text for group in caption for text in group], n, seed)
        count = len(captions) if captions is not None else n or OF_ITS_OWN
        if not quiet:
            print(f"minivid: {found}", *listed(captions or []), sep="\n  ")
        video = zoo.draw(found, captions, count, seed, steps, guidance, found.usual.eta if eta is None else eta, quiet)
        beside = {"caption": np.asarray(captions)} if captions is not None else {}
        print(save(video, out, fps=found.manifest.get("fps") or 8, beside=beside))
    return 0


def listed(captions: list[str]) -> list[str]:
    """Each caption once, in order, the first dozen of them."""
    lines = [f"{many} × {caption}" if many > 1 else caption for caption, many in Counter(captions).items()]
    return [*lines[:12], f"and {len(lines) - 12} more"] if len(lines) > 12 else lines


def captions_for(model: "Model", given: list[str], n: int | None, seed: int) -> list[str] | None:
    """A caption for each clip: those given, n times each, or some of the model's world; None for a model without captions.

    Raises ValueError for a caption that is none, BadInput for one that the model cannot obey.
    """
    from minivid.cli.world import drawn
    from minivid.data import VOCABULARY

    words = model.run.network.vocabulary
    if not model.run.captions:
        if given:
            raise BadInput(f"{model.name} was trained without captions; leave --caption out.")
        return None
    if words != len(VOCABULARY):
        raise BadInput(
            f"{model.name} knows {words} words and this course has {len(VOCABULARY)}: it is of another version."
        )
    for caption in given:
        check_caption(caption, model)
    if not given:
        return [caption for part in drawn(model.run.worlds, n or OF_ITS_OWN, seed) for caption in part.caption]
    return [caption for caption in given for _ in range(n or 1)]


def check_caption(caption: str, model: "Model") -> None:
    """Raise ValueError for an unknown word or no caption at all, BadInput for what none of the model's worlds shows."""
    from minivid.data import parse

    motions = parse(caption)
    reasons = [unlike(motions, world) for world in model.run.worlds]
    if None not in reasons:
        # the world that comes nearest is the one that refuses last
        _, reason = max(reasons)
        examples = " or ".join(f'"{world.sample(1, seed=0).caption[0]}"' for world in model.run.worlds)
        raise BadInput(f'"{caption}" {reason}: {model.name} has never seen that. It draws, for example, {examples}.')


def unlike(motions: Sequence["Motion"], world: "World") -> tuple[int, str] | None:
    """How far the look at a caption came, and what of it this world never shows; None when it shows it all."""
    if len(motions) != world.digits:
        return 0, f"speaks of {len(motions)} digit{'s' * (len(motions) > 1)} and not of {world.digits}"
    for motion in motions:
        if motion.colour and not world.colour:
            return 1, f'has the colour "{motion.colour}" in a grey world'
        if motion.digit not in world.classes:
            return 2, f"has the digit {motion.digit}"
        for word in (*motion.directions, *motion.speeds):
            if word not in (*world.directions, *world.speeds):
                return 3, f'has the word "{word}"'
        for what, words in (("direction", motion.directions), ("speed", motion.speeds)):
            if len(words) == 2 and world.change != what:
                return 5, f"changes its {what}"
            if len(words) == 1 and world.change == what:
                return 4, f"does not change its {what}"
    return None
