"""Plots as objects over computed values, in the manner of scikit-learn's displays."""
