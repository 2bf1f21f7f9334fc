"""Prefect tasks: the library's functions with caching, retries, tracking and artifacts for the UIs."""
