"""The command line: `minivid lab`, `test`, `doctor`, `build`, `grade`, `train`, `measure`. Nothing heavy is imported before a command runs.

Checked by tests/cli/.
"""

import sys
from collections.abc import Sequence


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; exit code 2 and one sentence on standard error where the input is at fault.

    What stands after `--` is handed on: `minivid lab -- --ip=0.0.0.0` to JupyterLab, `minivid test -- -k sampler` to pytest.
    """
    from functools import partial

    import tyro

    from minivid.cli import commands
    from minivid.cli.place import BadInput

    args = list(sys.argv[1:] if args is None else args)
    split = args.index("--") if "--" in args else len(args)
    handed_on = tuple(args[split + 1 :])
    try:
        code = tyro.extras.subcommand_cli_from_dict(
            {
                "lab": partial(commands.lab, handed_on=handed_on),
                "test": partial(commands.test, handed_on=handed_on),
                "doctor": commands.doctor,
                "build": commands.build,
                "grade": commands.grade,
                "train": commands.train,
                "measure": commands.measure,
            },
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
