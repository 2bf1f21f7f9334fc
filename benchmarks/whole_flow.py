"""The whole flow, cold, against the tutorial's steps alone as a plain script: CPU time of all processes.

`python benchmarks/whole_flow.py [--epochs 10]`, on the real clips

Both train the same network for as many epochs, from the same unpacked clips; Soundcheck with an empty home. A
Prefect server is running beforehand and not counted. The preflight checks, the analyses and the report are
Soundcheck's own and have no counterpart in the script: the stages show what they take.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

from measuring import archive_path
from processes import SOUNDCHECK, Finished, environment_in, prefect_server, run

PLAIN_SCRIPT = Path(__file__).with_name("plain_script.py")
LIMIT = 1.3
ANALYSES_LIMIT = 0.3


def main() -> None:
    """Runs both and prints what they took, the ratio, and Soundcheck's seconds by stage."""
    parser = argparse.ArgumentParser(description="The whole flow, against the tutorial's steps alone.")
    parser.add_argument("--epochs", type=int, default=10, help="fewer for a quick look")
    epochs = parser.parse_args().epochs
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        root = unpacked(folder)
        plain = plain_script(folder, root, epochs)
        with prefect_server(folder) as api:
            ours = soundcheck(folder, root, api, epochs)
    result = json.loads(ours.output)
    print_comparison(plain, ours, result["test_accuracy"])
    print_stages(result["stages"], ours.wall_s)


def unpacked(folder: Path) -> Path:
    """The folder LABEL/clip.wav of the real clips."""
    with zipfile.ZipFile(archive_path()) as archive:
        archive.extractall(folder / "clips")
    (root,) = (folder / "clips").iterdir()
    return root


def plain_script(folder: Path, root: Path, epochs: int) -> Finished:
    """The tutorial's steps."""
    return run([sys.executable, str(PLAIN_SCRIPT), str(root), f"--epochs={epochs}"], environment_in(folder))


def soundcheck(folder: Path, root: Path, api: str, epochs: int) -> Finished:
    """`soundcheck train`, with nothing there from before."""
    command = [SOUNDCHECK, "train", "--preset", "reference", "--data", str(root), "--json"]
    settings = ["--set", f"training.epochs={epochs}"]
    return run([*command, *settings], environment_in(folder, PREFECT_API_URL=api))


def print_comparison(plain: Finished, ours: Finished, test_accuracy: float) -> None:
    """One line each, and the ratio of their CPU time."""
    rows = {
        "plain script": (plain, float(plain.output.splitlines()[-1])),
        "soundcheck train": (ours, test_accuracy),
    }
    print(f"{'':18}{'CPU s':>8}{'wall s':>8}{'test accuracy':>15}")
    for name, (finished, accuracy) in rows.items():
        print(f"{name:18}{finished.cpu_s:8.1f}{finished.wall_s:8.1f}{accuracy:15.3f}")
    cpu_ratio, wall_ratio = ours.cpu_s / plain.cpu_s, ours.wall_s / plain.wall_s
    print(f"{'ratio':18}{cpu_ratio:8.2f}{wall_ratio:8.2f}   limit {LIMIT}, of CPU time")


def print_stages(stages: dict[str, Any], wall_s: float) -> None:
    """Wall seconds of each stage, and of all that is between and around them."""
    seconds = {name: stage["seconds"] for name, stage in stages.items()}
    seconds["all else: start, plots, tracking"] = wall_s - sum(seconds.values())
    print(f"\n{'stage':38}{'wall s':>8}")
    for name, value in seconds.items():
        print(f"{name:38}{value:8.1f}")
    analyses = seconds["error_analysis"] + seconds["sensitivity"]
    print(f"\nanalyses, as a share of fit: {analyses / seconds['fit']:.2f}   limit {ANALYSES_LIMIT}")


if __name__ == "__main__":
    main()
