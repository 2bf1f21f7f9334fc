"""Six faulty scripts, what Soundcheck says of them, and the pictures it draws: for docs/debugging.md.

`python benchmarks/debugging_walk.py [--pictures docs/images/debugging]`
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from fault_detection import PROGRAMS

SCRIPTS = (
    "wine_cultivars_raw_columns_tanh",
    "gesture_classes_adam_point_five",
    "twelve_sigmoid_layers_on_sensors",
    "wine_subclassed_zero_kernels",
    "heart_rate_conv_l2_everywhere",
    "pima_style_softmax_on_single_output",
)


def main() -> None:
    """Prints the findings, and keeps the picture of each script's first training."""
    parser = argparse.ArgumentParser(description="What Soundcheck says of six faulty scripts.")
    parser.add_argument(
        "--pictures", type=Path, help="folder of the pictures; unless given, they are not kept"
    )
    kept = parser.parse_args().pictures
    for name in SCRIPTS:
        with tempfile.TemporaryDirectory() as folder:
            print(f"## {name}\n{findings(PROGRAMS / 'blind' / 'faulty' / f'{name}.py', folder)}")
            if kept is not None:
                kept.mkdir(parents=True, exist_ok=True)
                (Path(folder) / "training_1.png").replace(kept / f"{name}.png")


def findings(script: Path, pictures: str) -> str:
    """What `python -m soundcheck.debugging` prints after the script's own output."""
    command = [sys.executable, "-m", "soundcheck.debugging", "--pictures", pictures, str(script)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return done.stdout[done.stdout.index("\nSoundcheck") :]


if __name__ == "__main__":
    main()
