"""The command line: each command parses, calls w2v and shows what came of it. Typer and print are here alone.

    app.py          the program: its commands, in the order of the help
    corpus.py       w2v build-vocab, w2v phrases
    train.py        w2v train
    tune.py         w2v tune
    query.py        w2v similar, w2v analogy, w2v vector, w2v recommend;  questions.py: what is asked, and where
    evaluate.py     w2v evaluate
    convert.py      w2v convert
    info.py         w2v info
    plot.py         w2v plot
    demo.py         w2v demo

    options.py      described settings become options
    checks.py       what is looked at before a command begins: inputs and outputs
    interrupts.py   Ctrl-C, SIGTERM, SIGHUP
    screen.py       lines, tables, styles;  report.py: what is said of a result;  progress.py: bars

Results go to standard output, progress and errors to standard error. Heavy modules are imported by the command that
needs them: `w2v --help` and `w2v similar` load no Numba.
"""

from w2v.commands.interrupts import INTERRUPTS


def main(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit status; a failure is one line on standard error.

    Args:
        arguments: those of the command line; None means those of this process, which ends after it.
    """
    INTERRUPTS.install()  # before Typer and NumPy are imported, which takes long enough for a Ctrl-C
    from w2v.commands.app import run

    try:
        status = run(arguments)
    finally:
        if arguments is not None:
            INTERRUPTS.restore()
    if arguments is None and INTERRUPTS.count:
        INTERRUPTS.leave()  # Python would end some interrupted processes by the signal itself, not with a status
    return status
