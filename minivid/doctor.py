"""What is here, whether it will do, and what to do about it: `minivid doctor`, and a table of the index.

Every look is on its own: one that fails becomes a finding and leaves the others standing. Checked by tests/test_doctor.py.
"""

import importlib.metadata
import os
import platform
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

INSTALL = 'pip install -c constraints.txt -e ".[test,oracles]"'
CPU_INDEX, FULL_INDEX = "https://download.pytorch.org/whl/cpu", "https://pypi.org/simple"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `advice` is what to do, or, where all is well, what is worth knowing; it may be empty."""

    name: str
    value: str
    ok: bool = True
    advice: str = ""


def examine() -> list[Finding]:
    """All findings, in the order in which to read them. Never raises."""
    findings = []
    for look in (python, packages, torch_build, torchvision, device, threads, budget, digits, models, disk, kernel):
        try:
            findings += look()
        except Exception as error:
            text = (str(error).strip() or type(error).__name__).splitlines()[0]
            findings.append(
                Finding(look.__name__.replace("_", " "), text, False, f"`{INSTALL}` mends an incomplete set-up.")
            )
    return findings


def table(findings: list[Finding]) -> str:
    """The findings as text: a mark, a name, a value, and the advice under it."""
    width = max(len(finding.name) for finding in findings)
    lines = []
    for finding in findings:
        lines.append(f"{'ok ' if finding.ok else 'NO '} {finding.name:{width}}  {finding.value}")
        lines += textwrap.wrap(finding.advice, 110, initial_indent=" " * 8 + "→ ", subsequent_indent=" " * 10)
    amiss = sum(not finding.ok for finding in findings)
    return "\n".join([*lines, f"{amiss} of {len(findings)} need a hand." if amiss else "All is well."])


def python() -> Iterator[Finding]:
    here = f"{platform.python_version()} on {platform.system()} {platform.machine()} ({sys.prefix})"
    advice = "The course needs Python 3.11 or newer; make a new environment with one."
    new_enough = sys.version_info >= (3, 11)
    yield Finding("python", here, new_enough, "" if new_enough else advice)


def packages() -> Iterator[Finding]:
    """Declared packages: those that are missing or older than declared, and those that differ from the tested versions."""
    from packaging.requirements import Requirement

    from minivid.tools import elsewhere

    declared = [Requirement(line) for line in importlib.metadata.requires("minivid") or []]
    if elsewhere.lent():  # the page is the host's
        declared = [requirement for requirement in declared if requirement.name not in elsewhere.FRONT_END]
    installed = {requirement.name: version_of(requirement.name) for requirement in declared}
    count = 0
    for requirement in declared:
        version = installed[requirement.name]
        optional = "extra" in str(requirement.marker or "")
        if version is None and not optional:
            yield Finding(requirement.name, "not installed", False, f"`{INSTALL}` installs it.")
        elif version is not None and not requirement.specifier.contains(version, prereleases=True):
            bound = f"{version}, and the course needs {requirement.specifier}"
            yield Finding(requirement.name, bound, False, f"`{INSTALL}` brings the tested version.")
        else:
            count += version is not None
    other = [
        f"{name} {version} ({tested[1]})" for name, version in installed.items() if (tested := differs(name, version))
    ]
    advice = f"Other than tested: {', '.join(other)}. `{INSTALL}` brings the tested versions." if other else ""
    yield Finding("packages", f"{count} declared packages are here and new enough", advice=advice)
    for_tests = [r.name for r in declared if "test" in str(r.marker or "") or "oracles" in str(r.marker or "")]
    lacking = [name for name in for_tests if version_of(name) is None]
    advice = f"Only `minivid test` wants them: `{INSTALL}`." if lacking else ""
    yield Finding("test tools", f"without {', '.join(lacking)}" if lacking else "all here", advice=advice)


def version_of(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def differs(package: str, version: str | None) -> tuple[str, str] | None:
    """(package, tested version) when constraints.txt names another version than this one."""
    from packaging.utils import canonicalize_name

    tested = pinned().get(canonicalize_name(package))
    return (package, tested) if version and tested and version.split("+")[0] != tested else None


def pinned() -> dict[str, str]:
    """The versions of constraints.txt by package; none where the course is not run from a checkout."""
    from packaging.utils import canonicalize_name

    file = Path(__file__).parents[1] / "constraints.txt"
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    pins = (line.split("==") for line in lines if "==" in line and not line.startswith("#"))
    return {canonicalize_name(name): version for name, version in pins}


def torch_build() -> Iterator[Finding]:
    import torch

    built = f"for CUDA {torch.version.cuda}" if torch.version.cuda else "without CUDA"
    yield Finding("torch", f"{torch.__version__}, {built}")


def torchvision() -> Iterator[Finding]:
    """torchvision and lpips, which metrics and oracles stand on, and whether they needed help to import."""
    from minivid.tools import compat

    if version_of("torchvision") is None:
        yield Finding("torchvision", "not installed", False, f"`{INSTALL}` installs it.")
        return
    module = compat.import_torchvision()
    helped = "its compiled operators do not fit this torch; minivid.tools.compat gets by without them"
    advice = (
        "The course runs like this. Elsewhere, `import torchvision` (or lpips, diffusers) fails until "
        f"minivid.tools.compat.import_torchvision() has run; `make setup TORCH_INDEX={CPU_INDEX}` brings a pair that fits."
    )
    mismatch = compat.operators_are_missing()
    yield Finding(
        "torchvision", f"{module.__version__}; {helped if mismatch else 'imports'}", True, advice if mismatch else ""
    )
    compat.import_lpips()
    yield Finding("lpips", f"{version_of('lpips')}; imports")


def device() -> Iterator[Finding]:
    import psutil
    import torch

    memory = f"{psutil.virtual_memory().total / 1e9:.0f} GB of memory"
    if torch.cuda.is_available():
        gpu = torch.cuda.get_device_properties(0)
        more = f" (one of {torch.cuda.device_count()})" if torch.cuda.device_count() > 1 else ""
        yield Finding("device", f"cuda: {gpu.name}, {gpu.total_memory / 1e9:.0f} GB{more}; {memory}")
    elif torch.backends.mps.is_available():
        yield Finding("device", f"mps; {memory}")
    elif shutil.which("nvidia-smi") and not torch.version.cuda:
        advice = f"This torch is built without CUDA: `make setup TORCH_INDEX={FULL_INDEX}` brings one with it."
        yield Finding("device", f"cpu, though an NVIDIA driver is here; {memory}", False, advice)
    elif shutil.which("nvidia-smi"):
        advice = "torch finds no GPU: `nvidia-smi` says whether the driver runs, and how new it is."
        yield Finding("device", f"cpu, though an NVIDIA driver is here; {memory}", False, advice)
    else:
        yield Finding("device", f"cpu; {memory}")


def threads() -> Iterator[Finding]:
    """torch's threads against the cores, and against other notebooks that compute at this moment."""
    import torch

    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    mine, others = torch.get_num_threads(), busy_kernels()
    value = f"{mine} on {cores} cores"
    if mine > cores:
        advice = f"More threads than cores wait for each other: set OMP_NUM_THREADS={cores} before Python starts."
        yield Finding("threads", value, False, advice)
    elif others and mine * (others + 1) > cores:
        advice = "Threads that outnumber the cores are many times slower: shut the other kernels down, or start each with OMP_NUM_THREADS=1."
        yield Finding("threads", f"{value}, while {others} other notebook kernel(s) compute", False, advice)
    else:
        yield Finding("threads", value)


def busy_kernels(seconds: float = 0.2) -> int:
    """How many other notebook kernels use at least half a core, over a short look."""
    import psutil

    kernels = []
    for process in psutil.process_iter(["cmdline"]):
        if process.pid != os.getpid() and any("ipykernel" in word for word in process.info["cmdline"] or []):
            kernels.append(process)
    busy = 0
    for sample in ("start", "end"):
        for process in kernels:
            try:
                busy += process.cpu_percent() >= 50 and sample == "end"
            except psutil.Error:
                continue  # it has ended meanwhile
        if kernels and sample == "start":
            time.sleep(seconds)
    return busy


def budget() -> Iterator[Finding]:
    from minivid.tools.budget import budget

    try:
        yield Finding("budget", budget())
    except ValueError as error:
        yield Finding("budget", os.environ["MINIVID_BUDGET"], False, str(error))


def digits() -> Iterator[Finding]:
    from minivid.data import digits

    train, heldout = digits.load("train"), digits.load("heldout")
    yield Finding("digits", f"{len(train.labels):,} to train on, {len(heldout.labels):,} held out")


def models() -> Iterator[Finding]:
    """Each model that the repository carries, its hash against its manifest."""
    from minivid import checkpoint

    files = sorted((Path(__file__).parent / "weights").rglob("*.safetensors"))
    if not files:
        yield Finding("models", "none in minivid/weights")
    for file in files:
        try:
            tensors, _ = checkpoint.read(file)
            yield Finding(f"model {file.stem}", f"{sum(t.numel() for t in tensors.values()):,} weights")
        except checkpoint.CheckpointError as error:
            yield Finding(f"model {file.stem}", "damaged", False, f"{error} `git checkout -- {file}` brings it back.")


def disk() -> Iterator[Finding]:
    from minivid.tools.checkout import course_root

    folder = course_root() or Path.cwd()
    free = shutil.disk_usage(folder).free / 1e9
    advice = "Checkpoints and clips need about 1 GB: make room before a long run."
    yield Finding("disk", f"{free:.1f} GB free in {folder}", free >= 1, advice if free < 1 else "")


def kernel() -> Iterator[Finding]:
    """Whether a notebook that asks for `python3` gets this Python."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    mend = f"`{sys.executable} -m ipykernel install --sys-prefix` puts it right."
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        yield Finding("kernel", "Jupyter has no kernel named python3", False, mend)
        return
    here = program in ("python", "python3") or os.path.realpath(program) == os.path.realpath(sys.executable)
    yield Finding("kernel", "python3 is this Python" if here else f"python3 runs {program}", here, "" if here else mend)
