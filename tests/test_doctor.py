"""The doctor sees what is amiss, says what to do, and keeps looking when one look fails."""

import json

import pytest
import torch

from minivid import doctor
from minivid.doctor import Finding, examine, table
from minivid.tools.elsewhere import HOSTS


def found(look) -> Finding:
    """The only finding of a look."""
    (finding,) = look()
    return finding


@pytest.fixture(scope="module")
def findings():
    return examine()


def test_it_looks_at_everything(findings):
    names = {finding.name for finding in findings}
    assert {
        "python",
        "packages",
        "torch",
        "torchvision",
        "lpips",
        "device",
        "threads",
        "budget",
        "digits",
        "disk",
        "kernel",
    } <= names


def test_whatever_is_amiss_comes_with_advice(findings):
    assert [finding for finding in findings if not finding.ok and not finding.advice] == []


def test_the_table_has_a_line_for_each_and_a_verdict(findings):
    lines = table(findings).splitlines()
    assert sum(line.startswith(("ok ", "NO ")) for line in lines) == len(findings)
    assert table([Finding("a", "b")]).endswith("All is well.")
    assert table([Finding("a", "b", False, "do c"), Finding("d", "e")]).endswith("1 of 2 need a hand.")


def test_a_look_that_fails_is_a_finding_and_the_others_go_on(monkeypatch):
    def broken():
        raise RuntimeError("no such library\nand a long trace")

    monkeypatch.setattr(doctor, "torch_build", broken)
    findings = examine()
    assert (
        Finding("broken", "no such library", False, findings[[f.name for f in findings].index("broken")].advice)
        in findings
    )
    assert "kernel" in [finding.name for finding in findings]


def test_a_package_older_than_declared_is_named_with_its_bound(monkeypatch):
    monkeypatch.setattr(
        doctor.importlib.metadata,
        "requires",
        lambda name: ["einops>=99", "no-such-package>=1", 'nbval; extra == "test"'],
    )
    amiss = {finding.name: finding.value for finding in doctor.packages() if not finding.ok}
    assert set(amiss) == {"einops", "no-such-package"}
    assert ">=99" in amiss["einops"] and amiss["no-such-package"] == "not installed"


def test_what_is_a_host_s_own_is_not_asked_for_there(monkeypatch):
    monkeypatch.setattr(doctor.importlib.metadata, "requires", lambda name: ["jupyterlab>=99", "einops>=99"])
    for host in HOSTS:
        monkeypatch.delenv(host, raising=False)
    assert {finding.name for finding in doctor.packages() if not finding.ok} == {"jupyterlab", "einops"}
    monkeypatch.setenv(HOSTS[0], "set")
    assert {finding.name for finding in doctor.packages() if not finding.ok} == {"einops"}


def test_versions_other_than_tested_are_listed(monkeypatch):
    monkeypatch.setattr(doctor, "pinned", lambda: {"einops": "0.0.1", "torch": torch.__version__.split("+")[0]})
    said = " ".join(finding.advice for finding in doctor.packages())
    assert "(0.0.1)" in said and "torch" not in said


def test_more_threads_than_cores_is_amiss(monkeypatch):
    monkeypatch.setattr(doctor, "busy_kernels", lambda: 0)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 4096)
    finding = found(doctor.threads)
    assert not finding.ok and "OMP_NUM_THREADS" in finding.advice


def test_busy_kernels_that_outnumber_the_cores_are_amiss(monkeypatch):
    monkeypatch.setattr(doctor, "busy_kernels", lambda: 4096)
    finding = found(doctor.threads)
    assert not finding.ok and "4096 other notebook kernel(s)" in finding.value


def test_a_gpu_that_this_torch_cannot_use_is_amiss(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)
    monkeypatch.setattr(doctor.shutil, "which", lambda name: "/usr/bin/nvidia-smi")
    monkeypatch.setattr(torch.version, "cuda", None)
    finding = found(doctor.device)
    assert not finding.ok and "TORCH_INDEX" in finding.advice


def test_a_wrong_budget_is_amiss(monkeypatch):
    monkeypatch.setenv("MINIVID_BUDGET", "huge")
    finding = found(doctor.budget)
    assert finding.value == "huge" and not finding.ok and "smoke, laptop or gpu" in finding.advice


def test_a_full_disk_is_amiss(monkeypatch):
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda folder: type("Usage", (), {"free": 3e8}))
    finding = found(doctor.disk)
    assert not finding.ok and finding.value.startswith("0.3 GB free")


def test_a_kernel_of_another_python_is_amiss(monkeypatch, tmp_path):
    kernel = tmp_path / "kernels/python3"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(
        json.dumps({"argv": ["/somewhere/else/python", "-m", "ipykernel"], "display_name": "x"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path))
    finding = found(doctor.kernel)
    assert not finding.ok and "/somewhere/else/python" in finding.value and "ipykernel install" in finding.advice
