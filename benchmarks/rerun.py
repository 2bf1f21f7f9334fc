"""An unchanged rerun against an empty Prefect flow, with a running server and with a temporary one.

`python benchmarks/rerun.py [--repeats 5]`, on the real clips; what is rerun was trained for one epoch, for a
rerun does not train.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from measuring import archive_path
from processes import SOUNDCHECK, environment_in, prefect_server, run

EMPTY_FLOW = [sys.executable, str(Path(__file__).with_name("empty_flow.py"))]
TRAIN = [SOUNDCHECK, "train", "--data", str(archive_path()), "--set", "training.epochs=1", "--json"]
FLOWS = (EMPTY_FLOW, TRAIN)
NAMES = ("empty flow", "unchanged rerun")
LIMITS_S = {"running server": 2.0, "temporary server": 3.0}
HEAVY = ("tensorflow", "keras", "great_expectations", "mlflow", "sklearn", "matplotlib", "pandas", "scipy")


def main() -> None:
    """Trains once, then measures reruns with either kind of server, and counts what a rerun imports."""
    parser = argparse.ArgumentParser(description="An unchanged rerun against an empty Prefect flow.")
    parser.add_argument("--repeats", type=int, default=5, help="the median of so many is shown")
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with prefect_server(folder) as api:
            running = environment_in(folder, PREFECT_API_URL=api)
            run(TRAIN, running)
            print_seconds("running server", running, repeats)
            print_imports(running)
        print_seconds("temporary server", environment_in(folder), repeats)


def print_seconds(server: str, environment: Mapping[str, str], repeats: int) -> None:
    """Medians of wall and CPU seconds, and the difference; the two flows take turns."""
    rounds = [[run(command, environment) for command in FLOWS] for _ in range(repeats)]
    refuse_work(rounds[-1][-1].output)
    wall_s = [statistics.median(one.wall_s for one in runs) for runs in zip(*rounds, strict=True)]
    cpu_s = [statistics.median(one.cpu_s for one in runs) for runs in zip(*rounds, strict=True)]
    print(f"\n{f'{server}, medians of {repeats}':32}{'wall s':>8}{'CPU s':>8}")
    for number, name in enumerate(NAMES):
        print(f"{name:32}{wall_s[number]:8.2f}{cpu_s[number]:8.2f}")
    print(f"{'difference':32}{wall_s[1] - wall_s[0]:8.2f}{cpu_s[1] - cpu_s[0]:8.2f}")
    print(f"{'limit':32}{LIMITS_S[server]:8.2f}")


def refuse_work(output: str) -> None:
    """Raises RuntimeError where a rerun has computed anything: then it was not unchanged."""
    stages = json.loads(output)["stages"]
    worked = {name: stage["why"] for name, stage in stages.items() if stage["outcome"] == "rebuilt"}
    if worked:
        raise RuntimeError(f"the rerun was not unchanged: {worked}")


def print_imports(environment: Mapping[str, str]) -> None:
    """How many modules each flow imports, and which of the heavy packages are among them."""
    print(f"\n{'':32}{'modules':>8}  heavy ones among them")
    for name, command in zip(NAMES, FLOWS, strict=True):
        modules = imported(command, environment)
        heavy = [package for package in HEAVY if package in modules]
        print(f"{name:32}{len(modules):8}  {', '.join(heavy) or 'none'}")


def imported(command: list[str], environment: Mapping[str, str]) -> set[str]:
    """The modules that a Python program imports, by the interpreter's own record of them."""
    script = command if command[0] == sys.executable else [sys.executable, *command]
    record = run([script[0], "-X", "importtime", *script[1:]], environment).errors
    return {
        line.rpartition("|")[2].strip() for line in record.splitlines() if line.startswith("import time:")
    }


if __name__ == "__main__":
    main()
