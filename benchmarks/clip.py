"""Seconds a clip, of a distilled student and of its teacher: `python -m benchmarks.clip`.

Every way draws the same captions from the same noise, in turns. Guided, a teacher is asked twice a step; its student has the guidance
in its weights. Ratios are to the student.
"""

import time
from functools import partial
from pathlib import Path
from statistics import median

import torch

from benchmarks import measure, table
from minivid import zoo
from minivid.course.receipt import write_receipt

STUDENT = "vdm-digits-8"
TEACHER_S_STEPS = (16, 8, 4)


def ways(clips: int, seed: int) -> dict[str, partial]:
    """What is timed, by name: the student as it is meant to be sampled, its teacher, guided, in several numbers of steps."""
    student = zoo.load(STUDENT)
    lesson = student.run.loss
    teacher = zoo.load(lesson.teacher)
    captions = student.world.sample(clips, (seed, 0)).caption
    found = {f"{student.name}, {student.usual.steps} steps": partial(student.sample, captions, seed=seed)}
    return found | {
        f"{teacher.name}, {steps} steps": partial(
            teacher.sample, captions, seed=seed, steps=steps, guidance=lesson.guidance
        )
        for steps in TEACHER_S_STEPS
    }


def compare(clips: int, rounds: int, seed: int) -> dict[str, dict]:
    """Seconds a clip of each way and, round by round, times the student's."""
    timed = measure.interleaved(ways(clips, seed), rounds)
    first, *_ = timed
    found = {}
    for name, own in timed.items():
        ratios = [theirs / student_s for theirs, student_s in zip(own, timed[first], strict=True)]
        found[name] = {
            "seconds": median(own) / clips,
            "ratio": median(ratios),
            "ratio_quartiles": measure.quartiles(ratios),
        }
    return found


def main(clips: int = 4, rounds: int = 10, threads: int = 2, seed: int = 0, json: Path | None = None) -> None:
    """Time a clip of the student and of its teacher, and write the result.

    Args:
        clips: Drawn at once.
        rounds: Of every way, in turns, that count.
        threads: Of torch.
        seed: Of captions and noise.
        json: Where the result goes; benchmarks/results/clip.json by default.
    """
    for name, value in {"clips": clips, "rounds": rounds, "threads": threads}.items():
        if value < 1:
            raise ValueError(f"{name} is {value}, but must be at least 1.")
    torch.set_num_threads(threads)
    started, path = time.perf_counter(), json or table.RESULTS / "clip.json"
    values = {"what": "clip", "clips": clips, "rounds": rounds, "packages": {}, "rows": compare(clips, rounds, seed)}
    command = f"python -m benchmarks.clip --clips {clips} --rounds {rounds} --threads {threads} --seed {seed}"
    minutes = (time.perf_counter() - started) / 60
    write_receipt(path.stem, values, seeds=[seed], minutes=minutes, command=command, folder=path.parent)
    print(table.of_file(path))


if __name__ == "__main__":
    measure.command(main)
