"""Evaluation: metrics with intervals, predictions, the gap between splits, comparison of two models."""
