"""`minivid data list` and `minivid data fetch NAME`: the data sets that can be fetched, and fetching them."""

from typing import Annotated

from tyro.conf import Positional, arg

from minivid.cli.errors import sentences


def data_list() -> int:
    """List the data sets: what they are, their sizes and licences, and where they lie or the command that brings them."""
    from minivid.cli.zoo import aligned
    from minivid.data.fetch import listed

    built_in = ("digits", "1,797 handwritten digits, 8×8", "58 kB", "CC BY 4.0", "built in (scikit-learn)")
    print("\n".join(aligned([("name", "what", "size", "licence", "where"), built_in, *listed()])))
    print("\nFor videos of your own: `minivid train FOLDER`. Cards, also of public video sets, are in datasets/.")
    return 0


def data_fetch(name: Positional[Annotated[str, arg(metavar="NAME")]]) -> int:
    """Fetch a data set into the cache (or the folder MINIVID_DATA) and check it; what an earlier try has brought is not fetched again.

    Args:
        name: mnist, moving_mnist; `minivid data list` says what they are.
    """
    from minivid.data.fetch import cache, fetch, megabytes, source

    with sentences():
        what = source(name)
        print(f"minivid: {name} ({megabytes(what.size)}) into {cache() / name} ...", flush=True)
        print(f"minivid: {name} is in {fetch(name)}, whole and checked.")
    return 0
