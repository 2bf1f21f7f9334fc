"""What must hold of clips: Great Expectations suites, our own expectation classes, and their checkpoint."""
