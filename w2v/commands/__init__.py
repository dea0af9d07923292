"""The command line: each command parses, calls `w2v.api` and shows the result. Only this package prints and uses Typer.

    app.py         the program: it loads the command that is used; exit statuses
    summaries.py   the names of the commands, in the order of the help, and their summaries
    corpus.py      w2v build-vocab, w2v phrases
    sessions.py, train.py, tune.py, recommend.py, infer.py, evaluate.py, convert.py, info.py, plot.py, demo.py
                   the commands of these names
    query.py       w2v similar, w2v analogy, w2v vector
    questions.py   what is asked: on the command line, on standard input, at a prompt

    options.py     settings become options; the options that several commands share
    values.py      reads the values of options and arguments
    interrupts.py  Ctrl-C, SIGTERM, SIGHUP
    terminal.py    the Reporter: bars, facts and warnings on standard error
    tables.py      results as text;  screen.py: lines, styles, columns

Results go to standard output, progress and errors to standard error. A command imports what takes long to load when it
needs it: `w2v --help` loads no command, and `w2v similar` no Numba.
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
