"""Prefect tasks: the library's functions with caching, retries, tracking and artifacts for the UIs."""

import os

# TensorFlow 2.16's oneDNN kernels write outside their memory where a Conv1D learns from a batch of a single
# clip on a processor with AVX-512. TensorFlow reads this when it is imported; see docs/architecture.md.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
