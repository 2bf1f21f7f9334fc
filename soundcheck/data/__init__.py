"""From a source of clips to a manifest of them and their waveforms."""
