"""Who copied is listed, with other names and other layout too; who wrote the same short answer is not."""

from minivid.course.similar import alike, runs

GIVEN = "def area(points):\n    '''Of a polygon.'''\n    raise NotImplementedError\n"
LONG = """def area(points):
    total = 0.0
    n = len(points)
    for i in range(n):
        x0, y0 = points[i]
        x1, y1 = points[(i + 1) % n]
        total += x0 * y1 - x1 * y0
    if total < 0:
        total = -total
    return total / 2
"""
RENAMED = LONG.replace("total", "s").replace("points", "p").replace("    n = len", "    # how many\n    n  =  len")
OTHER = """def area(points):
    xs, ys = zip(*points)
    shifted = [*range(1, len(xs)), 0]
    terms = (xs[i] * ys[j] - xs[j] * ys[i] for i, j in enumerate(shifted))
    return abs(sum(terms)) * 0.5
"""
THIRD = """def area(points):
    import numpy as np
    a = np.array(points)
    b = np.roll(a, -1, axis=0)
    return float(np.abs(np.linalg.det(np.stack([a, b], 1)).sum())) / 2
"""


def test_a_copy_is_found_under_other_names():
    found = alike({"anna": LONG, "ben": RENAMED, "cem": OTHER, "dora": THIRD}, [GIVEN])
    assert [(a, b) for a, b, _ in found] == [("anna", "ben")] and found[0][2] > 0.95


def test_what_many_have_and_what_was_given_says_nothing():
    everybody = {f"student {n}": LONG for n in range(12)}
    assert alike(everybody, [GIVEN]) == []
    assert alike({"anna": GIVEN, "ben": GIVEN}, [GIVEN]) == []
    assert alike({"anna": "def area(p):\n    return p", "ben": "def area(q):\n    return q"}, [GIVEN]) == []


def test_what_is_no_python_has_no_runs():
    deep = "x = " + "+".join("1" * 6000)
    assert alike({"a": deep, "b": deep}) == [] and runs(deep) == set()
    assert runs("def (") == set() and alike({"a": "def (", "b": "def ("}) == []
