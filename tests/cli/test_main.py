"""The command itself: its verbs, exit statuses, and what it does not import."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

import rudel
from rudel.cli import main as command
from rudel.cli import robots
from rudel.core.errors import BadInput, GiveUp, Retry, UnknownName

SRC = Path(rudel.__file__).parent.parent


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """main sets these; other tests get theirs back."""
    for name in command.ONE_THREAD:
        monkeypatch.setenv(name, "1")


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run ``code`` in a fresh interpreter without limits on threads in its environment."""
    env = {name: value for name, value in os.environ.items() if name not in command.ONE_THREAD}
    env |= {"PYTHONPATH": str(SRC), **environment}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=env)


@pytest.mark.parametrize("verb", command.verbs())
def test_a_verb_has_what_the_command_needs(verb: str) -> None:
    module = importlib.import_module(f"rudel.cli.{verb}")
    assert module.HELP
    assert "\n" not in module.HELP
    assert callable(module.add_arguments)
    assert callable(module.run)


def test_verbs_are_the_public_modules() -> None:
    files = {path.stem for path in Path(command.__file__).parent.glob("[a-z]*.py")}
    assert set(command.verbs()) == files - {"main"}
    assert {"train", "eval", "robots", "worlds", "policies"} <= set(command.verbs())


@pytest.mark.parametrize("argv", [[], ["--help"], ["-h"]])
def test_help_lists_every_verb(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        command.main(argv)
    assert exit_.value.code == 0
    lines = capsys.readouterr().out.splitlines()
    for verb in command.verbs():
        text = importlib.import_module(f"rudel.cli.{verb}").HELP
        assert any(line.split() == [verb, *text.split()] for line in lines)


@pytest.mark.parametrize("verb", command.verbs())
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        command.main([verb, "--help"])
    assert exit_.value.code == 0
    assert f"usage: rudel {verb}" in capsys.readouterr().out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        command.main(["--version"])
    assert exit_.value.code == 0
    assert capsys.readouterr().out == f"rudel {rudel.__version__}\n"


@pytest.mark.parametrize(
    ("argv", "wrong", "nearest"),
    [
        (["tarin", "walk"], "'tarin'", "'train'"),
        (["robot"], "'robot'", "'robots'"),
        (["main"], "'main'", ""),
        (["robots", "--jsno"], "'--jsno'", "'--json'"),
        (["robots", "--jsno=1"], "'--jsno'", "'--json'"),
        (["robots", "lite3"], "'lite3'", "--help"),
        (["robots", "--js"], "'--js'", "'--json'"),  # no guessing from a beginning
    ],
)
def test_what_is_not_known_is_named(
    argv: list[str], wrong: str, nearest: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(argv) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert wrong in captured.err
    assert nearest in captured.err


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (BadInput("no such thing"), 2),
        (UnknownName("thing", "no such thing", ["a thing"]), 2),
        (GiveUp("no such thing"), 1),
        (Retry("no such thing"), 1),
        (OSError(28, "no such thing"), 1),
    ],
)
def test_an_error_is_a_message_and_a_status(
    error: Exception, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(args: object) -> int:
        raise error

    monkeypatch.setattr(robots, "run", run)
    assert command.main(["robots"]) == status
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("rudel: ")
    assert "no such thing" in captured.err


def test_an_interrupt_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(args: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr(robots, "run", run)
    assert command.main(["robots"]) == 130


def test_a_bug_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(args: object) -> int:
        raise AssertionError

    monkeypatch.setattr(robots, "run", run)
    with pytest.raises(AssertionError):
        command.main(["robots"])


@pytest.mark.parametrize("status", [0, 1, 130])
def test_the_verb_decides_the_status_and_knows_what_was_typed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    typed: list[str] = []

    def run(args: object) -> int:
        typed.append(args.command)  # pyright: ignore[reportAttributeAccessIssue]  # a namespace
        return status

    monkeypatch.setattr(robots, "run", run)
    assert command.main(["robots", "--json"]) == status
    assert typed == ["rudel robots --json"]


@pytest.mark.parametrize("argv", [["policies", "--json"], ["policies"], ["robots"]])
def test_a_reader_that_goes_away_is_no_error(argv: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    env = {**os.environ, "PYTHONPATH": str(SRC), "PYTHONUNBUFFERED": ""}  # as it is for a user: written at the end
    done = subprocess.run([sys.executable, "-m", "rudel", *argv], stdout=writing, stderr=subprocess.PIPE, env=env)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, b"")


def test_a_verb_pays_for_itself_only() -> None:
    code = "import sys; from rudel.cli.main import main; main(['policies', '--json']); print(*sys.modules)"
    loaded = python(code).stdout.splitlines()[-1].split()
    assert "rudel.cli.policies" in loaded
    assert not {"numpy", "mujoco", "onnxruntime", "rich"} & set(loaded)
    assert not {f"rudel.cli.{verb}" for verb in command.verbs() if verb != "policies"} & set(loaded)


def test_help_loads_no_numerical_library() -> None:
    code = "import sys; from rudel.cli import main as m; [m._load(v) for v in m.verbs()]; print(*sys.modules)"
    loaded = python(code).stdout.split()
    assert "rudel.cli.train" in loaded
    assert not {"numpy", "mujoco", "onnxruntime"} & set(loaded)


@pytest.mark.parametrize("name", command.ONE_THREAD)
@pytest.mark.parametrize(("given", "expected"), [(None, "1"), ("2", "2")])
def test_blas_gets_one_thread_unless_told_otherwise(name: str, given: str | None, expected: str) -> None:
    code = f"import os; from rudel.cli.main import main; main(['policies', '--json']); print(os.environ['{name}'])"
    assert python(code, **({name: given} if given else {})).stdout.split()[-1] == expected


def test_module_and_command_are_the_same() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rudel", "--version"],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SRC)},
    )
    assert done.stdout == f"rudel {rudel.__version__}\n"
