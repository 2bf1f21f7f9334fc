"""What all tests share: where the real speech is, and a small folder of it."""

import os
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder with the real Speech Commands archives."""
    folder = Path(os.environ.get("SOUNDCHECK_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "mini_speech_commands.zip").is_file():
        message = f"no mini_speech_commands.zip in {folder}; set SOUNDCHECK_TEST_DATA to its folder"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def unpack_speech(test_data: Path) -> Callable[[Path, int], Path]:
    """Writes the first so many real clips of each of the 8 words into a folder, as LABEL/clip.wav."""

    def unpack(folder: Path, clips_per_label: int) -> Path:
        taken: Counter[str] = Counter()
        with zipfile.ZipFile(test_data / "mini_speech_commands.zip") as archive:
            for name in sorted(archive.namelist()):
                label, file_name = Path(name).parts[-2:]
                if file_name.endswith(".wav") and taken[label] < clips_per_label:
                    taken[label] += 1
                    (folder / label).mkdir(exist_ok=True)
                    (folder / label / file_name).write_bytes(archive.read(name))
        return folder

    return unpack


@pytest.fixture(scope="session")
def speech_folder(
    unpack_speech: Callable[[Path, int], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """25 real clips of each word. Read only."""
    return unpack_speech(tmp_path_factory.mktemp("speech"), 25)
