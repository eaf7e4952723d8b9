"""Results as tables, from the files that the measurements left: `python -m benchmarks.table [FILE.json ...]`."""

from collections.abc import Callable, Iterable
from pathlib import Path

import tyro

from minivid.course.receipt import Receipt, receipt

RESULTS = Path(__file__).parent / "results"
UNITS = {"train_step": "ms a training step", "sampling": "ms a sampling step", "transformer_step": "ms a step"}


def of_file(path: Path) -> str:
    """A result as Markdown: what was done, a table for each row of the comparison, and where the numbers are from."""
    found = receipt(path.stem, path.parent)
    body = {"time_to_quality": race, "our_step": own_step, "trajectory_fit": fits, "clip": clip}.get(
        found["what"], steps
    )(found)
    versions = ", ".join(f"{name} {version}" for name, version in {**found.versions, **found["packages"]}.items())
    return f"{body}\n{found} {versions}.\n"


def steps(found: Receipt) -> str:
    """A comparison of steps: one table with pixels as each network takes them, one with ours for all."""
    parts = []
    for row, networks in found["rows"].items():
        lines = [
            (
                one["network"],
                size(one),
                f"{1e3 * one['median']:.0f} ({' – '.join(f'{1e3 * q:.0f}' for q in one['quartiles'])})",
                f"{one['ratio']:.2f} ({' – '.join(f'{q:.2f}' for q in one['ratio_quartiles'])})",
                f"{one['flops'] / 1e9:.1f}",
                f"{one['peak_bytes'] / 2**20:.0f}" if "peak_bytes" in one else "not weighed",
            )
            for one in networks
        ]
        title = f"{found['what'].replace('_', ' ')}, {found['batch']} clips of {found['setting']}, {row}"
        head = ("network", "parameters", UNITS[found["what"]], "times ours", "GFLOP", "peak MiB")
        parts.append(f"**{title}**, median and quartiles of {found['rounds']} rounds\n\n{markdown(head, lines)}\n")
    return "\n".join(parts)


def race(found: Receipt) -> str:
    """Minutes to legible clips."""
    lines = []
    for name, one in sorted(found["runs"].items(), key=lambda run: run[0] != "ours"):
        last = one["judged"][-1]
        reached = f"{one['minutes']:.1f}" if one["minutes"] is not None else f"not within {one['allowed']:.1f}"
        lines.append(
            (
                name,
                size(one),
                reached,
                str(last["step"]),
                f"{1e3 * one['seconds_a_step']:.0f}",
                f"{last['relative']:.2f}",
            )
        )
    head = ("network", "parameters", "minutes", "steps", "ms a step", "read at the end, of real")
    grid = "same grid" if found["same_grid"] else "as shipped"
    title = (
        f"minutes until the captioned digit is read on {found['threshold']:g} of the frames on which it is in real clips, "
        f"{found['setting']}, {grid}, optimizer {found['optimizer']}"
    )
    return f"**{title}**\n\n{markdown(head, lines)}\n"


def own_step(found: Receipt) -> str:
    """Where our step's time goes, and what other ways would take."""
    head = (
        f"**our training step, {found['batch']} clips of {found['setting']}**: {1e3 * found['seconds']:.0f} ms, "
        f"{found['flops'] / 1e9:.0f} GFLOP with the optimizers', which is {100 * found['of_machine']:.0f} % of the rate at which "
        f"this machine multiplies large matrices ({found['machine'] / 1e9:.0f} GFLOP/s)"
    )
    where = markdown(
        ("where", "share"),
        ((kind, f"{100 * share:.0f} %") for kind, share in by_size(found["parts"], lambda share: share)),
    )
    ways = by_size(found["otherwise"], lambda way: way["ratio"])
    lines = (
        (way, f"{one['ratio']:.2f} ({' – '.join(f'{q:.2f}' for q in one['quartiles'])})") for way, one in reversed(ways)
    )
    return f"{head}\n\n{where}\n\n{markdown(('otherwise', 'times ours'), lines)}\n"


def fits(found: Receipt) -> str:
    """How long the fit of many paths takes, by each method."""
    lines = (
        (
            setting,
            name,
            f"{1e3 * one['seconds']:.0f}",
            f"{one['ratio']:.2f} ({' – '.join(f'{q:.2f}' for q in one['ratio_quartiles'])})",
            f"{one['left']:.4g}",
        )
        for setting, methods in found["rows"].items()
        for name, one in methods.items()
    )
    title = f"fit of {found['paths']} paths, median and quartiles of {found['rounds']} rounds"
    return f"**{title}**\n\n{markdown(('clips', 'method', 'ms', 'times ours', 'error left, px²'), lines)}\n"


def clip(found: Receipt) -> str:
    """What a clip takes, drawn in several ways."""
    lines = (
        (
            name,
            f"{one['seconds']:.2f}",
            f"{one['ratio']:.2f} ({' – '.join(f'{q:.2f}' for q in one['ratio_quartiles'])})",
        )
        for name, one in by_size(found["rows"], lambda way: -way["ratio"])
    )
    title = f"a clip, {found['clips']} at once, median and quartiles of {found['rounds']} rounds"
    return f"**{title}**\n\n{markdown(('way', 'seconds a clip', 'times the student'), lines)}\n"


def by_size(named: dict, size: Callable) -> list[tuple]:
    """The largest first."""
    return sorted(named.items(), key=lambda item: -size(item[1]))


def size(one: dict) -> str:
    """A network's parameters and how far they are from ours."""
    return f"{one['parameters'] / 1e6:.2f} M ({100 * one['off']:+.1f} %)"


def markdown(head: tuple[str, ...], lines: Iterable[tuple[str, ...]]) -> str:
    """A table."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *lines))


def main(files: tyro.conf.Positional[tuple[Path, ...]] = ()) -> None:
    """Print the tables of results, by default of all that are in benchmarks/results/.

    Args:
        files: Results.
    """
    found = files or tuple(sorted(RESULTS.glob("*.json")))
    print(
        "\n".join(map(of_file, found))
        if found
        else "There are no results yet; benchmarks/README.md says how to measure."
    )


if __name__ == "__main__":
    tyro.cli(main)
