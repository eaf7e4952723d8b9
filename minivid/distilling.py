"""Progressive distillation as a loss: a student whose one step does what two of its teacher's do (chapter 4; tests/test_distilling.py).

The target is `diffusion.distill`'s, the loop is train's. A student has its teacher's network, begins from its weights and is sampled
by DDIM in the steps that it learnt.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import torch
from jaxtyping import Float
from torch import Tensor, nn

from minivid import checkpoint
from minivid.diffusion.distill import progressive_target
from minivid.diffusion.guidance import guided
from minivid.diffusion.objective import Objective, Video, diffuse, scaled, stratified_times, to_x_eps
from minivid.diffusion.schedule import like, schedule_named, told
from minivid.run import Run
from minivid.train import is_real, is_whole

Ends = Float[Tensor, "b"]


def step_ends(u: Ends, steps: int) -> tuple[Ends, Ends, Ends]:
    """Times t, t′, t″ of the step that u in [0, 1) falls in, of N equal ones: where it begins, its middle, its end (t > t′ > t″)."""
    end = torch.floor(u * steps)
    return (end + 1) / steps, (end + 0.5) / steps, end / steps


@dataclass(frozen=True)
class Distilling:
    """What a student of `student_steps` steps is trained on, `loss(model, (x, cond), step)` (Salimans & Ho 2022, alg. 2).

    teacher: a model of the zoo, or a file of weights. guidance: the teacher's, which the student learns with the rest (Meng et al. 2023);
    it is sampled without. objective and schedule are the teacher's. Raises ValueError for what no student could learn.
    """

    teacher: str
    student_steps: int
    guidance: float = 1.0
    objective: Objective = Objective.V
    schedule: str = "cosine"

    def __post_init__(self):
        schedule_named(self.schedule)
        if not isinstance(self.objective, Objective):
            raise ValueError(f"objective is {self.objective!r}; expected one of {', '.join(map(str, Objective))}.")
        if not is_whole(self.student_steps) or self.student_steps < 1:
            raise ValueError(f"student_steps is {self.student_steps!r}; expected a whole number of at least 1.")
        if not is_real(self.guidance):
            raise ValueError(f"guidance is {self.guidance!r}; expected a number: 1 is the teacher alone.")

    def begin(self, network: nn.Module) -> None:
        """Give a student its teacher's weights. Raises CheckpointError where it is another network."""
        _, teacher = teacher_of(self)
        checkpoint.load_into(network, checkpoint.weights_of(teacher), self.teacher)

    def __call__(self, model, batch, step) -> Float[Tensor, ""]:
        """max(SNR, 1) ‖x̂ − target‖², the mean over this process's share of the batch. No caption is hidden."""
        x, cond = batch
        generator = step.generator()
        u = stratified_times(len(x), generator)
        eps = torch.randn(x.shape, generator=generator)
        x, eps, u = (step.own(rows) for rows in (x, eps, u))
        return self.per_clip(model, x, eps, u, step.own(cond) if cond is not None else None).mean()

    def per_clip(self, model, x: Video, eps: Video, u: Ends, cond) -> Float[Tensor, "b"]:
        """One number a clip: `u` says which of the student's steps is asked for."""
        schedule = schedule_named(self.schedule)
        levels = tuple(schedule.logsnr(time) for time in step_ends(u, self.student_steps))
        alpha, sigma = (like(level, x) for level in schedule.alpha_sigma(levels[0]))
        z = diffuse(x, eps, alpha, sigma)
        _, teacher = teacher_of(self)
        teacher = guided(scaled(teacher.to(x.device), schedule, self.objective), self.guidance)
        goal = progressive_target(teacher, z, *levels, schedule, self.objective, cond)
        output = scaled(model, schedule, self.objective)(z, told(levels[0]), cond)
        x_hat, _ = to_x_eps(self.objective, output, z, alpha, sigma)
        return levels[0].exp().clamp(min=1) * (x_hat - goal).square().flatten(1).mean(1)


def teacher_of(loss: Distilling) -> tuple[Run, nn.Module]:
    """Its run and its network, frozen. Raises CheckpointError where there is none, ValueError where it says something else."""
    name = loss.teacher
    path = Path(name) if name.endswith(".safetensors") else checkpoint.WEIGHTS / f"{name}.safetensors"
    if not path.is_file():
        raise checkpoint.CheckpointError(f"the teacher {name} is not here: train it first, or name another file.")
    run, network = frozen_of(path, path.stat().st_mtime_ns)
    for what in ("objective", "schedule"):
        mine, theirs = getattr(loss, what), getattr(run.loss, what, None)
        if mine != theirs:
            raise ValueError(f"{what} is {mine}, and that of the teacher {name} {theirs}: a student has its teacher's.")
    return run, network


@lru_cache(maxsize=2)
def frozen_of(path: Path, _when: int) -> tuple[Run, nn.Module]:
    """A file of weights, read once."""
    tensors, manifest = checkpoint.read(path)
    try:
        run = Run.of(manifest)
        network = run.network.build()
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise checkpoint.CheckpointError(f"the manifest in {path} does not say what the teacher is: {error}") from error
    checkpoint.load_into(network, tensors, path.name)
    return run, network.eval().requires_grad_(False)
