"""Soundcheck: trains, debugs and ships spoken-command classifiers. The library: no Prefect, no MLflow."""
