"""The course's networks as judges."""

import pytest

from minivid.evaluation.jury import jury


def test_i3d_joins_in_where_the_environment_names_it(monkeypatch):
    assert not jury().more
    monkeypatch.setenv("MINIVID_I3D", "/nowhere/i3d.pt")
    with pytest.raises(FileNotFoundError, match=r"there is no file /nowhere/i3d\.pt"):
        jury()
