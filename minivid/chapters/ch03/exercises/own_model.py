"""3.12: the model that the student has trained, judged by the clips that it makes of captions nobody has seen."""

from minivid.chapters.ch03.experiments.following import GUIDANCE
from minivid.chapters.ch03.experiments.laptop import LAPTOP
from minivid.course.own_model import Mark, OwnModel
from minivid.metrics.physics import moves
from minivid.metrics.reader import agreement, fit_reader
from minivid.zoo import Model

CLIPS, STEPS = 60, 15  # so many, so that they are drawn in a third of the minute that a grader gives


def measured(model: Model, seed: int) -> dict[str, float]:
    """Shares of clips: that are of one digit that moves, of the captioned one, and whose first steps go where the caption says.

    Drawn as the chapter draws: with new noise at each step. The reader was fitted to handwriting that no model was trained on.
    """
    reader, asked = fit_reader(model.world), model.world.sample(CLIPS, seed)
    clips = model.sample(asked.caption, seed=seed, steps=STEPS, guidance=GUIDANCE, eta=1.0)
    kept, moving = agreement(clips, asked.caption, reader), moves(clips)
    return {
        "digit": (kept.digit_always & moving).float().mean().item(),
        "direction": (kept.direction & moving).float().mean().item(),
        "moving": (kept.same_digit & moving).float().mean().item(),
    }


EXERCISE = OwnModel(
    id="3.12",
    title="Your own model",
    points=6,
    stars=2,
    minutes=10,
    recipe=LAPTOP,
    measure=measured,
    marks=(
        Mark("digit", "captioned digit read on every frame of a clip that moves", ((0.5, 1), (0.65, 2))),
        Mark("direction", "captioned direction taken", ((0.6, 1), (0.85, 2))),
        Mark("moving", "one digit on every frame, whichever, and no still picture", ((0.6, 1), (0.75, 2))),
    ),
    least_steps=600,
    file="03_vdm",
)
