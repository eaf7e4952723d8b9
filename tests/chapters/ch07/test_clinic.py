"""Each patient has its own mistake."""

import torch

from minivid import zoo
from minivid.chapters.ch07.clinic import PATIENTS, clinic, clinic_table, first_clips_first, reached_by

CAPTIONS = ["a green 0 moves left", "a red 3 moves left"]


def test_whom_a_first_frame_reaches_tells_the_policies_apart():
    image = zoo.load("image-digits")
    told = {name: reached_by(image, policy, clip=0, frames=3) for name, (_, policy) in PATIENTS.items()}
    assert told["healthy"] == told["patient 1"] == "frames 0, 1, 2 of clip 0"
    assert told["patient 2"] == "frames 0, 1, 2 of clip 0 and frames 0, 1, 2 of clip 1"
    assert told["patient 3"] == "frame 0 of clip 0"
    assert len(set(told.values())) == len({policy for _, policy in PATIENTS.values()})
    assert reached_by(image, first_clips_first, clip=1, frames=3) == "frame 0 of clip 1"


def test_the_table_tells_each_patient():
    image = zoo.load("image-digits")
    clips = clinic(image, CAPTIONS, seed=8, frames=2)
    motion = {row.split("  ")[0]: row for row in clinic_table(image, clips, CAPTIONS).splitlines()[1:]}
    assert set(motion) == set(PATIENTS)
    first = {name: (clip[:, :, 0] - clips["healthy"][:, :, 0]).abs().mean((1, 2, 3)) for name, clip in clips.items()}
    assert first["patient 2"][0] < 1e-3 < 0.02 < first["patient 2"][1]
    assert (first["patient 1"] < 1e-3).all() and (first["patient 3"] < 1e-3).all()
    assert "-" in motion["patient 1"] and not any("-" in motion[name] for name in ("healthy", "patient 2", "patient 3"))
    assert not torch.equal(clips["healthy"], clips["patient 3"])
