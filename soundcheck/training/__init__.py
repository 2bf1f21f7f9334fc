"""Training: fitting a network, and the baselines that it must beat."""
