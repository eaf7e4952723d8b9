"""The command line: `minivid --help` lists the commands. Nothing heavy is imported before a command runs.

Checked by tests/cli/.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Union


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; exit code 2 and one sentence on standard error where the input is at fault.

    What stands after `--` is handed on: `minivid lab -- --ip=0.0.0.0` to JupyterLab, `minivid test -- -k sampler` to pytest.
    """
    from functools import partial

    import tyro

    from minivid.cli import commands, data, evaluate, measure, sample, train, world, zoo
    from minivid.cli.place import BadInput

    args = list(sys.argv[1:] if args is None else args)
    split = args.index("--") if "--" in args else len(args)
    handed_on = tuple(args[split + 1 :])
    try:
        code = tyro.cli(
            menu(
                {
                    "lab": partial(commands.lab, handed_on=handed_on),
                    "sample": sample.sample,
                    "world": world.world,
                    "train": train.train,
                    "zoo": zoo.zoo,
                    "evaluate": evaluate.evaluate,
                    "data": (
                        "Data sets that are fetched once and kept.",
                        {"list": data.data_list, "fetch": data.data_fetch},
                    ),
                    "measure": measure.measure,
                    "test": partial(commands.test, handed_on=handed_on),
                    "doctor": commands.doctor,
                    "build": commands.build,
                    "grade": commands.grade,
                }
            ),
            prog="minivid",
            description="The course on video diffusion, from the command line.",
            args=args[:split],
            config=(tyro.conf.FlagCreatePairsOff,),
        )
    except BadInput as error:
        print(f"minivid: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    raise SystemExit(code)


def menu(commands: Mapping[str, Callable[..., int] | tuple[str, Mapping]]) -> Any:
    """A choice of commands, as tyro reads it; (what it is, commands) is a menu in the menu."""
    from tyro.conf import subcommand

    entries = []
    for name, what in commands.items():
        if isinstance(what, tuple):
            about, inner = what
            entry = subcommand(name, constructor_factory=lambda inner=inner: menu(inner), description=about)
        else:
            entry = subcommand(name, constructor=what)
        entries.append(Annotated[Any, entry])
    return Union[tuple(entries)]  # noqa: UP007, the entries are not known in advance
