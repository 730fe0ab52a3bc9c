"""The `rudel` command: find the verb, parse its options, run it, turn errors into exit statuses.

Importing this module imports no numerical library: `rudel train` pays for what training needs and for nothing else.
"""

from __future__ import annotations

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from types import ModuleType

from rudel import __version__
from rudel.core import discovery
from rudel.core.errors import BadInput, RudelError, UnknownName

PACKAGE = "rudel.cli"
FAILED, BAD_INPUT, INTERRUPTED, BROKEN_PIPE = 1, 2, 130, 141  # the last two as shells report SIGINT and SIGPIPE
# The trainer runs two threads of its own over single-threaded BLAS; the libraries read these when they are loaded.
# OpenCV's own threads cost more than they bring on maps of 120 x 120 cells: a tenth of the pilot's processor time.
ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENCV_FOR_THREADS_NUM")


def verbs() -> tuple[str, ...]:
    """Sorted names of the verbs: every public module here but this one."""
    return tuple(name for name in discovery.names(PACKAGE) if name != "main")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line ``argv`` (default: the process's own) and return its exit status.

    0: done. 1: failed. 2: bad input; the message names the value, the choices and the next step. 130: interrupted.
    141: nobody reads our output any more. Help and version print and raise SystemExit(0), as argparse does.
    """
    argv = list(sys.argv[1:] if argv is None else argv)
    try:
        status = _run(argv)
        sys.stdout.flush()  # here and not at exit, so that a closed pipe is noticed below
        return status
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would complain at exit
        return BROKEN_PIPE
    except KeyboardInterrupt:
        return _fail("interrupted", INTERRUPTED)
    except BadInput as error:
        return _fail(str(error), BAD_INPUT)
    except (RudelError, OSError) as error:  # OSError: a full disk, a directory that may not be written to
        return _fail(str(error), FAILED)


def _fail(message: str, status: int) -> int:
    print(f"rudel: {message}", file=sys.stderr)
    return status


def _run(argv: list[str]) -> int:
    if not argv or argv[0].startswith("-"):
        _top_level().parse_args(argv or ["--help"])  # exits: there is nothing to run without a verb
    return execute(argv)[0]


def execute(argv: list[str]) -> tuple[int, str]:
    """Run a verb with its options: its exit status, and the command as it would be typed. Errors are raised."""
    for name in ONE_THREAD:
        os.environ.setdefault(name, "1")
    if argv[0] not in verbs():
        raise UnknownName("verb", argv[0], verbs())
    verb = _load(argv[0])
    args = parse(f"rudel {argv[0]}", verb, argv[1:])
    args.command = shlex.join(["rudel", *argv])  # what the user typed, for provenance
    return verb.run(args), args.command


def parse(prog: str, verb: ModuleType, argv: Sequence[str]) -> argparse.Namespace:
    """The options of ``verb``, a module with HELP and add_arguments; anything that it does not take is BadInput."""
    parser = argparse.ArgumentParser(prog=prog, description=verb.HELP, allow_abbrev=False)
    verb.add_arguments(parser)
    args, rest = parser.parse_known_args(argv)
    for word in rest:
        if word.startswith("-"):
            known = [option for action in parser._actions for option in action.option_strings if option[:2] == "--"]
            raise UnknownName(f"option of {prog}", word.partition("=")[0], known)
        raise BadInput(f"{prog} does not take {word!r}; see {prog} --help")
    return args


def _load(verb: str) -> ModuleType:
    return discovery.load(PACKAGE, verb, kind="verb")


def _top_level() -> argparse.ArgumentParser:
    width = max(map(len, verbs()))
    lines = [f"  {name:<{width}}  {_load(name).HELP}" for name in verbs()]
    parser = argparse.ArgumentParser(
        prog="rudel",
        usage="rudel VERB ...",
        description="An autonomy stack for robot dogs that runs on an ordinary laptop.",
        epilog="\n".join(["verbs:", *lines, "", "rudel VERB --help explains a verb"]),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"rudel {__version__}")
    return parser
