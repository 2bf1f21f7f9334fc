"""What all tests share: where the real speech is, and a small folder of it."""

import os
import zipfile
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
CLIPS_PER_LABEL = 25


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder with the real Speech Commands archives."""
    folder = Path(os.environ.get("SOUNDCHECK_TEST_DATA", REPOSITORY.parent / "shared" / "data"))
    if not (folder / "mini_speech_commands.zip").is_file():
        message = f"no mini_speech_commands.zip in {folder}; set SOUNDCHECK_TEST_DATA to its folder"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    return folder


@pytest.fixture(scope="session")
def speech_folder(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real clips as LABEL/clip.wav: the first 25 of each of the 8 words. Read only."""
    folder = tmp_path_factory.mktemp("speech")
    with zipfile.ZipFile(test_data / "mini_speech_commands.zip") as archive:
        taken: dict[str, int] = {}
        for name in sorted(archive.namelist()):
            label, file_name = Path(name).parts[-2:]
            if not file_name.endswith(".wav") or taken.get(label, 0) == CLIPS_PER_LABEL:
                continue
            taken[label] = taken.get(label, 0) + 1
            (folder / label).mkdir(exist_ok=True)
            (folder / label / file_name).write_bytes(archive.read(name))
    return folder
