"""python until_parent_ends.py COMMAND...: runs a command for as long as standard input stays open.

The system closes the pipe of a parent that ends, also of one that crashes, and then the command is killed
with all that it started: no server outlives its test.
"""

import os
import signal
import subprocess
import sys
import threading


def main(command: list[str]) -> int:
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def kill_when_alone() -> None:
        sys.stdin.buffer.read()
        os.killpg(process.pid, signal.SIGKILL)

    threading.Thread(target=kill_when_alone, daemon=True).start()
    return process.wait()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
