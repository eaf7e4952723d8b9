"""The command line: `minivid --help` lists the commands. Nothing heavy is imported before a command runs.

Checked by tests/cli/.
"""

import inspect
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, redirect_stderr
from functools import partial, wraps
from typing import Annotated, Any, Union

Commands = Mapping[str, "Callable[..., int] | tuple[str, Commands]"]


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; exit code 2 and a sentence on standard error where the input is at fault.

    What stands after `--` is handed on: `minivid lab -- --ip=0.0.0.0` to JupyterLab, `minivid test -- -k sampler` to pytest.
    """
    from minivid.cli.errors import BadInput

    args = list(sys.argv[1:] if args is None else args)
    split = args.index("--") if "--" in args else len(args)
    words, handed_on = args[:split], tuple(args[split + 1 :])
    try:
        command = parse(words, course_commands())
        if handed_on:
            if "handed_on" not in inspect.signature(command).parameters:
                raise BadInput(
                    f"{handed_on[0]!r} stands after `--`, where `minivid {words[0]}` expects nothing "
                    f"(see `minivid {words[0]} --help`)."
                )
            command = partial(command, handed_on=handed_on)
        code = command()
    except BadInput as error:
        print(f"minivid: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        code = 130
    raise SystemExit(code)


def course_commands() -> Commands:
    """Every command by its name, in the order of the help."""
    from minivid.cli import commands, data, evaluate, grade, measure, progress, sample, site, train, world, zoo

    return {
        "lab": commands.lab,
        "sample": sample.sample,
        "world": world.world,
        "train": train.train,
        "zoo": zoo.zoo,
        "evaluate": evaluate.evaluate,
        "data": ("Data sets that are fetched once and kept.", {"list": data.data_list, "fetch": data.data_fetch}),
        "measure": measure.measure,
        "progress": progress.progress,
        "test": commands.test,
        "doctor": commands.doctor,
        "build": commands.build,
        "grade": grade.grade,
        "site": site.site,
    }


def parse(words: Sequence[str], commands: Commands) -> Callable[..., int]:
    """The command that the words mean, ready to be called. Raises BadInput where tyro refuses them, SystemExit(0) after help."""
    import tyro

    from minivid.cli.errors import BadInput, without_box

    said = io.StringIO()  # what tyro says of bad input; a command itself runs later, outside
    help_is_asked = not {"-h", "--help"}.isdisjoint(words)
    try:
        with redirect_stderr(said), nullcontext() if help_is_asked else wide_terminal():
            return tyro.cli(
                menu(commands),
                prog="minivid",
                description="The course on video diffusion, from the command line.",
                args=words,
                config=(tyro.conf.FlagCreatePairsOff,),
            )
    except SystemExit as leave:
        if not leave.code:
            raise
        raise BadInput(without_box(said.getvalue())) from None
    except Exception as error:  # tyro checks what it is told of a shell's completion by an assertion
        if not (words and words[0].replace("_", "-").startswith("--tyro-")):
            raise
        raise BadInput(f"{words[0]} expects bash, zsh or fish, and a file that can be written ({error}).") from error


@contextmanager
def wide_terminal() -> Iterator[None]:
    """A terminal, to tyro, in which no line is broken: it would break long words too."""
    before = os.environ.get("COLUMNS")
    os.environ["COLUMNS"] = "10000"
    try:
        yield
    finally:
        del os.environ["COLUMNS"]
        if before is not None:
            os.environ["COLUMNS"] = before


def menu(commands: Commands) -> Any:
    """A choice of commands, as tyro reads it; (what it is, commands) is a menu in the menu."""
    from tyro.conf import subcommand

    entries = []
    for name, what in commands.items():
        if isinstance(what, tuple):
            about, inner = what
            entry = subcommand(name, constructor_factory=lambda inner=inner: menu(inner), description=about)
        else:
            entry = subcommand(name, constructor=later(what))
        entries.append(Annotated[Any, entry])
    return Union[tuple(entries)]  # noqa: UP007, the entries are not known in advance


def later(command: Callable[..., int]) -> Callable[..., Callable[..., int]]:
    """A command that does not run when tyro has read its words, but is returned with them."""

    @wraps(command)
    def with_words(*args: Any, **options: Any) -> Callable[..., int]:
        return partial(command, *args, **options)

    return with_words
