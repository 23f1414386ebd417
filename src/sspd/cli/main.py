"""``sspd``: the entry point, which turns errors into messages and exit codes.

Exit codes: 0 success; 1 a source or output failed; 2 wrong usage; 3 all measured, but at least one
has no reliable pulse; 130 interrupted by Ctrl-C, 143 by SIGTERM. A known error is one line on
standard error, never a traceback; ``SSPD_TRACEBACK=1`` shows the traceback of an unexpected one.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from sspd.cli.ablate import ablate
from sspd.cli.benchmark import benchmark
from sspd.cli.calibrate import calibrate
from sspd.cli.check import check
from sspd.cli.console import INTERRUPTED
from sspd.cli.datasets import datasets
from sspd.cli.demo import demo
from sspd.cli.evaluate import evaluate
from sspd.cli.explain import explain
from sspd.cli.export import export
from sspd.cli.import_ import import_weights
from sspd.cli.live import live
from sspd.cli.measure import measure
from sspd.cli.messages import show
from sspd.cli.methods import methods
from sspd.cli.refusals import LegibleCommands
from sspd.cli.serve import serve
from sspd.cli.simulate import simulate
from sspd.cli.streams import shield_streams
from sspd.cli.train import train
from sspd.errors import SSPDError, UsageError

app = typer.Typer(
    name="sspd",
    cls=LegibleCommands,
    help="Heart rate, heart rate variability and breathing from a face video. "
    "Not a medical device.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(measure)
app.command()(live)
app.command()(demo)
app.command()(serve)
app.command()(simulate)
app.command()(train)
app.command()(evaluate)
app.command()(calibrate)
app.command()(ablate)
app.command()(benchmark)
app.command()(explain)
app.command()(check)
app.command("import")(import_weights)
app.command()(export)
app.command()(methods)
app.command()(datasets)


def _say_version(wanted: bool) -> None:
    if wanted:
        import sspd

        typer.echo(f"sspd {sspd.__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Parse the options of the program itself; each has its own callback."""


def run() -> None:
    """Run the command line; errors become one line and an exit code.

    SIGTERM, and SIGHUP unless it is ignored, end a command as Ctrl-C does: incomplete files are
    removed and workers end. The exit code is 128 plus the signal's number.
    """
    ended_by: list[int] = []
    with _ends_like_ctrl_c(ended_by):
        try:
            _run()
        except (SystemExit, KeyboardInterrupt) as end:
            if ended_by and (isinstance(end, KeyboardInterrupt) or end.code == INTERRUPTED):
                raise SystemExit(128 + ended_by[0]) from None
            if isinstance(end, KeyboardInterrupt):
                raise SystemExit(INTERRUPTED) from None
            raise


@contextmanager
def _ends_like_ctrl_c(ended_by: list[int]) -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into `KeyboardInterrupt`, and remember which one came."""

    def interrupt(number: int, _: object) -> None:
        ended_by.append(number)
        raise KeyboardInterrupt

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    numbers = [getattr(signal, name) for name in names]
    alone = threading.current_thread() is threading.main_thread()  # others may not
    ours = [n for n in numbers if alone and signal.getsignal(n) is signal.SIG_DFL]
    try:
        for number in ours:
            signal.signal(number, interrupt)
        yield
    finally:
        for number in ours:
            signal.signal(number, signal.SIG_DFL)


def _run() -> None:
    shield_streams()
    try:
        app()
    except SSPDError as error:
        _fail(str(error), 2 if isinstance(error, UsageError) else 1)
    except Exception as error:
        if os.environ.get("SSPD_TRACEBACK"):
            raise
        # any other error is a bug: print one line, and how to see more
        text = f"{type(error).__name__}: {error}".splitlines()[0]
        _fail(f"unexpected {text} (SSPD_TRACEBACK=1 shows where)", 1)


def _fail(message: str, code: int) -> None:
    show(f"sspd: {' '.join(message.split())}", err=True)
    raise SystemExit(code)


if __name__ == "__main__":
    run()
