"""Receipts as pages: what was measured, by which command, on what, in how long. Tests in tests/course/site/test_receipts.py."""

import html
import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from minivid.course.receipt import Receipt, as_text

LONG = 400  # values: more of them are handed over as a file alone


def page(title: str, several: list[tuple[Receipt, str]]) -> str:
    """A chapter's receipts in MyST, each with what its command says of itself."""
    lines = [f"# {title}", ""]
    for receipt, about in several:
        lines += [f"## {receipt.name}", "", about, "", *_provenance(receipt), *_values(receipt), ""]
    return "\n".join(lines) + "\n"


def file(receipt: Receipt) -> str:
    """The whole manifest, as the command left it."""
    return as_text(asdict(receipt)) + "\n"


def numbers(value: Any, where: str = "") -> Iterator[tuple[str, str]]:
    """Every value with the path to it; a list of numbers is one value, and of a long one its ends are shown."""
    if isinstance(value, dict):
        for key in value:
            yield from numbers(value[key], f"{where} · {key}" if where else str(key))
    elif isinstance(value, list) and any(isinstance(part, dict | list) for part in value):
        for i, part in enumerate(value):
            yield from numbers(part, f"{where} · {i}" if where else str(i))
    elif isinstance(value, list):
        ends = [*value[:4], "…", value[-1]] if len(value) > 8 else value
        count = f" ({len(value)} values)" if len(value) > 8 else ""
        yield where, ", ".join(v if v == "…" else json.dumps(v, ensure_ascii=False) for v in ends) + count
    else:
        yield where, json.dumps(value, ensure_ascii=False)


def _provenance(receipt: Receipt) -> list[str]:
    versions = ", ".join(f"{name} {version}" for name, version in receipt.versions.items())
    manifest = f'<a href="{receipt.name}.json">The whole manifest</a>'
    return [f"{' '.join(str(receipt).split())} Versions: {versions}. {manifest}", ""]


def _values(receipt: Receipt) -> list[str]:
    rows = list(numbers(receipt.values))
    shown = rows[:LONG]
    table = "".join(f"<tr><td>{_safe(name)}</td><td>{_safe(value)}</td></tr>" for name, value in shown)
    more = f"<p>The other {len(rows) - LONG} are in the manifest.</p>" if len(rows) > LONG else ""
    summary = f"<summary>{len(rows)} values</summary>"
    return [f'<details>{summary}<table class="receipt">{table}</table>{more}</details>', ""]


def _safe(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", " ")
