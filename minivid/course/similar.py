"""Submissions that are more alike than answers to one exercise are by themselves: a hint to read two of them side by side, no verdict.

Compared are an exercise's own cells without comments, names of variables and layout. Runs of tokens that the chapter's cell has too,
or that many of the class have, say nothing; two are listed when they share nearly all of what is left.
"""

import ast
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

RUN = 6
"""Tokens in a row; fewer are shared by all Python."""
COMMON = 0.25
"""A run that a larger share of the class has, and at least three, is what any answer has."""
LEAST = 12
"""Runs of its own that an answer must have to be told apart at all."""
ALIKE = 0.8


def alike(cells: Mapping[str, str], given: Sequence[str] = ()) -> list[tuple[str, str, float]]:
    """Pairs of students whose cells are alike, with the share of rare runs in common, the most alike first.

    cells: by student, the cell that answers one exercise. given: cells that say nothing, as the one that was handed out and the
    chapter's own.
    """
    known = set().union(*map(runs, given))
    of_each = {student: runs(cell) - known for student, cell in cells.items()}
    spread = Counter(run for found in of_each.values() for run in found)
    most = max(2, COMMON * len(cells))
    rare = {student: {run for run in found if spread[run] <= most} for student, found in of_each.items()}
    told = {student: found for student, found in rare.items() if len(found) >= LEAST}
    pairs = [(a, b, len(told[a] & told[b]) / len(told[a] | told[b])) for a, b in combinations(sorted(told), 2)]
    return sorted((pair for pair in pairs if pair[2] >= ALIKE), key=lambda pair: -pair[2])


def runs(source: str) -> set[tuple[str, ...]]:
    """Every run of tokens in a row of a cell's Python; nothing where it is none."""
    try:
        tokens = list(_tokens(_Bare().visit(ast.parse(source))))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set()
    return {tuple(tokens[at : at + RUN]) for at in range(len(tokens) - RUN + 1)}


def _tokens(node: ast.AST) -> Iterator[str]:
    """The tree, from the top, as kinds of nodes and what they name: calls' and attributes' names, numbers, words."""
    yield type(node).__name__
    for name in ("attr", "arg", "value"):
        part = getattr(node, name, None)
        if isinstance(part, str | int | float):
            yield repr(part)
    for child in ast.iter_child_nodes(node):
        yield from _tokens(child)


class _Bare(ast.NodeTransformer):
    """Without docstrings and what arguments are called, which say nothing of how a thing was done."""

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        return None if isinstance(node.value, ast.Constant) else self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(arg="")
