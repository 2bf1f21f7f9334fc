"""What an MP3 file says of itself (ISO/IEC 11172-3 and 13818-3, layer III), and whether it is whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from soundcheck.data.containers import UndecodableError, not_audio

_ID3_HEADER_BYTES = 10
_TAGS_BEHIND = (b"TAG", b"APETAGEX", b"LYRICSBEGIN", b"3DI", b"ID3")

_SYNC_MASK, _SYNC = 0xFFE60000, 0xFFE20000  # eleven ones, and layer III
_SAME_MASK = 0xFFFE0C00  # sync, version, layer and sample rate do not change within a file
_MPEG_1 = 3
_MONO = 3
_RATES_HZ = {3: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}  # by version
_BIT_RATES_KBPS = {
    True: (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # MPEG 1
    False: (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}


@dataclass(frozen=True)
class Mp3Stream:
    """What an MP3 file's first frame says."""

    sample_rate_hz: int
    channels: int


@dataclass(frozen=True)
class _Frame:
    """One frame's header: its 32 bits taken apart."""

    header: int

    @property
    def mpeg_1(self) -> bool:
        return self.header >> 19 & 3 == _MPEG_1

    @property
    def channels(self) -> int:
        return 1 if self.header >> 6 & 3 == _MONO else 2

    @property
    def sample_rate_hz(self) -> int:
        """0 where the header has no valid one."""
        rates_hz, code = _RATES_HZ.get(self.header >> 19 & 3, ()), self.header >> 10 & 3
        return rates_hz[code] if code < len(rates_hz) else 0
