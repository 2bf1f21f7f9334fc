"""What a model sees of a clip: spectrograms, their shards, and how training reads them."""
