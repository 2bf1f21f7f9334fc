"""What `python -m soundcheck.debugging` says of training scripts whose fault is known, and of healthy ones.

`python benchmarks/fault_detection.py [--only questions] [--programs GLOB] [--workers 2]`

The programs are in tests/soundcheck/debugging/programs: `blind` were written before the rules and without
sight of them, `seen` beside them, `questions` after real questions and again without sight. The comment `#
fault: CAUSE [or CAUSE]` of each names what was planted; `# healthy` says that nothing was. A faulty program
is detected where there is a finding of severity warning or above, a healthy one raises a false alarm by the
same.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

PROGRAMS = Path(__file__).parents[1] / "tests" / "soundcheck" / "debugging" / "programs"
ALARMS = ("warning", "error")
_HEADER = re.compile(r"^# (?:fault: (?P<causes>.+)|healthy)\s*$", re.MULTILINE)
_TIMEOUT_S = 600


@dataclass(frozen=True)
class Program:
    """A training script and the causes that are right to name; none for a healthy one."""

    path: Path
    group: str
    causes: tuple[str, ...]


@dataclass(frozen=True)
class Verdict:
    """What was said of a program: the causes of its alarms, the likeliest first."""

    program: Program
    alarms: tuple[str, ...]
    seconds: float
    error: str | None

    @property
    def right(self) -> bool:
        """Whether a right cause was named first."""
        return bool(self.alarms) and self.alarms[0] in self.program.causes

    @property
    def named(self) -> bool:
        """Whether a right cause was named at all."""
        return any(alarm in self.program.causes for alarm in self.alarms)


def main() -> None:
    """Runs the programs and prints the tables."""
    parser = argparse.ArgumentParser(description="Findings held against planted faults.")
    parser.add_argument("--only", choices=("blind", "seen", "questions"), help="one group of the programs")
    parser.add_argument("--programs", default="*", metavar="GLOB", help="names of the programs to run")
    parser.add_argument("--workers", type=int, default=2, help="programs run at once")
    options = parser.parse_args()
    chosen = [one for one in programs(options.programs) if options.only in (None, one.group)]
    with ThreadPoolExecutor(options.workers) as pool:
        verdicts = list(tqdm(pool.map(judged, chosen), total=len(chosen), disable=None))
    for group in sorted({verdict.program.group for verdict in verdicts}):
        print_group(group, [verdict for verdict in verdicts if verdict.program.group == group])
    print_causes(verdicts)
    print_misses(verdicts)


def programs(pattern: str = "*") -> list[Program]:
    """Every program whose name matches."""
    return [program_of(path) for path in sorted(PROGRAMS.glob(f"*/*/{pattern}.py"))]


def program_of(path: Path) -> Program:
    """What the header of a program says.

    Raises:
        ValueError: it says neither what its fault is nor that there is none.
    """
    header = _HEADER.search(path.read_text())
    if header is None:
        raise ValueError(f"{path} has neither '# fault: CAUSE' nor '# healthy'")
    causes = header["causes"]
    return Program(path, path.parts[-3], tuple(causes.split(" or ")) if causes else ())


def judged(program: Program) -> Verdict:
    """Runs a program under Soundcheck in a process of its own."""
    started_s = time.monotonic()
    command = [sys.executable, "-m", "soundcheck.debugging", "--json", str(program.path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)  # noqa: S603
    said: dict[str, Any] = json.loads(done.stdout)
    alarms = tuple(one["cause"] for one in said["findings"] if one["severity"] in ALARMS)
    return Verdict(program, alarms, time.monotonic() - started_s, said["script_error"])


def print_group(group: str, verdicts: Sequence[Verdict]) -> None:
    """How many of a group were detected, explained, and alarmed of for nothing."""
    faulty = [verdict for verdict in verdicts if verdict.program.causes]
    healthy = [verdict for verdict in verdicts if not verdict.program.causes]
    print(f"{group}: {len(faulty)} faulty and {len(healthy)} healthy programs")
    print(f"  {'detected':26}{share(faulty, [bool(verdict.alarms) for verdict in faulty])}")
    print(f"  {'right cause named first':26}{share(faulty, [verdict.right for verdict in faulty])}")
    print(f"  {'right cause named':26}{share(faulty, [verdict.named for verdict in faulty])}")
    print(
        f"  {'false alarms on healthy':26}{share(healthy, [bool(verdict.alarms) for verdict in healthy])}\n"
    )


def share(of: Sequence[Verdict], hits: Iterable[bool]) -> str:
    """`28 of 34   82 %`."""
    count = sum(hits)
    return f"{count:3} of {len(of):3}{100 * count / len(of):6.0f} %" if of else "  -"


def print_causes(verdicts: Sequence[Verdict]) -> None:
    """One line for each cause that was planted."""
    print(f"{'cause':24}{'planted':>8}{'detected':>10}{'first':>7}{'named':>7}")
    for cause in sorted({verdict.program.causes[0] for verdict in verdicts if verdict.program.causes}):
        of = [verdict for verdict in verdicts if verdict.program.causes[:1] == (cause,)]
        detected, first = sum(bool(one.alarms) for one in of), sum(one.right for one in of)
        print(f"{cause:24}{len(of):8}{detected:10}{first:7}{sum(one.named for one in of):7}")


def print_misses(verdicts: Sequence[Verdict]) -> None:
    """Every program of which something else was said than is right."""
    print("\nnot as planted:")
    for one in verdicts:
        if not one.right and (one.program.causes or one.alarms):
            planted = " or ".join(one.program.causes) or "healthy"
            said = ", ".join(one.alarms) or "nothing"
            print(f"  {one.program.group}/{one.program.path.stem}: {planted}; said: {said}")
    print(f"\nlongest: {max(one.seconds for one in verdicts):.0f} s")


if __name__ == "__main__":
    main()
