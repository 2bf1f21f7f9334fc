"""The sections of a run's report, each from the results that it speaks of."""
