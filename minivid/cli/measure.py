"""`minivid measure`: make again what the chapters quote."""

from tyro.conf import Positional

from minivid.cli.errors import BadInput


def measure(names: Positional[tuple[str, ...]] = ()) -> int:
    """Run measurements that the chapters quote and write their receipts; without a name, say which there are.

    Args:
        names: Receipts, as 03_guidance.
    """
    import inspect
    import time

    from minivid.course import listing
    from minivid.course.receipt import write_receipt
    from minivid.tools.nearest import did_you_mean

    measurements = listing.measurements()
    if not names:
        for name, function in measurements.items():
            print(f"{name:14} {inspect.getdoc(function).splitlines()[0]}")
    for name in names:
        if name not in measurements:
            raise BadInput(f"there is no measurement {name!r}; {did_you_mean(name, measurements)}")
    for name in names:
        start, function = time.perf_counter(), measurements[name]
        values = function()
        defaults = {key: parameter.default for key, parameter in inspect.signature(function).parameters.items()}
        seeds = defaults["seeds"] if "seeds" in defaults else (defaults["seed"],)
        minutes = (time.perf_counter() - start) / 60
        print(
            f"minivid: {write_receipt(name, values, seeds=seeds, minutes=minutes, command=f'minivid measure {name}')}"
        )
    return 0
