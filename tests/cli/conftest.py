"""The command line as a user meets it, and a model small enough to be drawn from in a moment."""

import pytest
import torch

from minivid.cli import main


@pytest.fixture
def minivid(capsys, monkeypatch, tmp_path):
    """`minivid("sample", "vdm-small", ...)` in an empty folder: (exit code, standard output, standard error)."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIVID_BUDGET", "laptop")

    def run(*args: object) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as leave:
            main([str(arg) for arg in args])
        return leave.value.code, *capsys.readouterr()

    return run


@pytest.fixture
def refused(minivid):
    """`refused(*args)`: the one sentence with which a command says no."""

    def run(*args: object) -> str:
        code, told, said = minivid(*args)
        assert code == 2 and told == "", (code, told, said)
        assert said.startswith("minivid: ") and said.count("\n") == 1 and "Traceback" not in said
        return said.removeprefix("minivid: ").strip()

    return run


@pytest.fixture(scope="session")
def tiny(tmp_path_factory):
    """A file of weights: two worlds of 4 frames of 16×16, one with turns; one step of training."""
    from minivid import zoo
    from minivid.data import VOCABULARY, World
    from minivid.nn import UNetConfig
    from minivid.run import Run
    from minivid.train import TrainConfig

    worlds = (World(frames=4), World(frames=4, change="direction"))
    unet = UNetConfig(widths=(8, 16), heads=2, dim_text=16, vocabulary=len(VOCABULARY))
    run = Run("tiny", unet, training=TrainConfig(steps=1, batch=2, warmup=0), worlds=worlds)
    training = run.start()
    list(training.steps(progress=False))
    return zoo.publish(run, training, tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def videos(tmp_path_factory):
    """A file of weights without captions, as a folder of videos gives: 4 frames of 16×24, in colour, 5 a second."""
    from minivid import zoo
    from minivid.nn import UNetConfig
    from minivid.run import Run
    from minivid.train import TrainConfig

    unet = UNetConfig(channels=3, widths=(8, 16), heads=2)
    training = TrainConfig(steps=1, batch=2, warmup=0)
    run = Run("birds", unet, training=training, clip=(3, 4, 16, 24), folder="/films/birds", fps=5)
    training = run.start(data=lambda n, seed: (torch.zeros(n, 3, 4, 16, 24), None))
    list(training.steps(progress=False))
    return zoo.publish(run, training, tmp_path_factory.mktemp("birds"))
