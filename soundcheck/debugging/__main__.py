"""`python -m soundcheck.debugging SCRIPT.py`: what is wrong with the trainings of a script."""

from __future__ import annotations

import argparse
import json
import os
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import IO, NoReturn

from soundcheck.debugging.findings import Finding, Severity
from soundcheck.debugging.script import ScriptRun, UnreadableScriptError, run

_WIDTH = 79
_NOT_RUN = 2
_INTERRUPTED = 130


class _ArgumentsError(Exception):
    """Options that make no sense."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise _ArgumentsError(f"{message}; see python -m soundcheck.debugging --help")


def main(arguments: Sequence[str]) -> int:
    """Runs the script that is named and prints what was found; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
    except _ArgumentsError as error:
        return _not_run(str(error), f"ArgumentError: {error}", sys.stdout if "--json" in arguments else None)
    os.environ.setdefault("MPLBACKEND", "Agg")  # no window waits to be closed
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    answer = _script_output_to_stderr() if options.json else None
    try:
        result = run(options.script, options.arguments, max_epochs=options.max_epochs)
    except UnreadableScriptError as error:
        return _not_run(str(error), error.script_error, answer)
    if answer is None:
        sys.stdout.write(_as_text(result))
    else:
        _write_json(answer, result.findings, result.error)
    sys.stdout.flush()
    if options.pictures is not None:
        _draw(result, options.pictures)
    if result.interrupted:
        return _INTERRUPTED
    return int(any(one.severity >= options.fail_on for one in result.findings)) if options.fail_on else 0


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m soundcheck.debugging",
        description="Runs a training script, unchanged, and says what is wrong with its trainings and why.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "--json", action="store_true", help="one object on stdout; the script's output goes to stderr"
    )
    parser.add_argument(
        "--max-epochs", type=_positive, metavar="N", help="most epochs of each fit (default: the script's)"
    )
    parser.add_argument(
        "--fail-on",
        type=_severity,
        metavar="{info,warning,error}",
        help="exit code 1 where a finding is that severe or worse (default: 0 whatever was found)",
    )
    parser.add_argument(
        "--pictures",
        type=Path,
        metavar="FOLDER",
        help="draw the loss, gradients, updates and idle units of each training there, as PNG",
    )
    parser.add_argument("script", metavar="SCRIPT.py", help="the training script")
    parser.add_argument(
        "arguments", nargs=argparse.REMAINDER, metavar="...", help="the script's own arguments"
    )
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of epochs; give 1 or more")
    return int(text)


def _severity(text: str) -> Severity:
    if text not in {str(one) for one in Severity}:
        raise argparse.ArgumentTypeError(f"{text!r} is no severity; choose from info, warning, error")
    return Severity[text.upper()]


def _script_output_to_stderr() -> IO[str]:
    """Sends all that is written to stdout, by C code and subprocesses too, to stderr until the process ends.

    Returns:
        The real stdout.
    """
    sys.stdout.flush()
    real = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return real


def _not_run(message: str, script_error: str, answer: IO[str] | None) -> int:
    sys.stderr.write(f"soundcheck: {message}\n")
    if answer is not None:
        _write_json(answer, [], script_error)
    return _NOT_RUN


def _draw(result: ScriptRun, folder: Path) -> None:
    from soundcheck.displays.training_record import TrainingRecordDisplay

    folder.mkdir(parents=True, exist_ok=True)
    title = f"{result.findings[0].cause} ({result.findings[0].severity})" if result.findings else ""
    for number, (name, record) in enumerate(result.records, 1):
        path = folder / f"training_{number}.png"
        TrainingRecordDisplay.from_record(record, title or name).save(path)
        sys.stderr.write(f"soundcheck: drew {path}\n")


def _write_json(answer: IO[str], findings: Sequence[Finding], script_error: str | None) -> None:
    found = [finding.as_json() for finding in findings]
    answer.write(json.dumps({"findings": found, "script_error": script_error}) + "\n")
    answer.flush()


def _as_text(result: ScriptRun) -> str:
    count = len(result.findings)
    if not result.trainings:
        head = "Soundcheck saw no training: the script called fit or train_on_batch of no Keras 3 model."
    elif not count:
        head = "Soundcheck found nothing wrong."
    else:
        head = f"Soundcheck: {count} finding{'s, the likely root cause first' if count > 1 else ''}"
    if result.error is not None:
        head += f" The script ended with {result.error.splitlines()[0]}"
    parts = [textwrap.fill(head, _WIDTH), *map(_finding_as_text, range(1, count + 1), result.findings)]
    return "\n" + "\n\n".join(parts) + "\n"


def _finding_as_text(number: int, finding: Finding) -> str:
    title, *rest = str(finding).splitlines()
    lines = textwrap.wrap(f"{number}. {title}", _WIDTH, subsequent_indent="   ")
    for line in [*rest, *_evidence_lines(finding)]:
        lines += textwrap.wrap(line.strip(), _WIDTH, initial_indent="   ", subsequent_indent="   ")
    return "\n".join(lines)


def _evidence_lines(finding: Finding) -> list[str]:
    measured = [
        f"{one.name} {one.value:.4g}"
        + ("" if one.threshold is None else f" (threshold {one.threshold:.4g})")
        + ("" if one.step is None else f" at step {one.step}")
        for one in finding.evidence
    ]
    return [f"Measured: {', '.join(measured)}"] if measured else []


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
