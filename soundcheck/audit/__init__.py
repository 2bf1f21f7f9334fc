"""What the data themselves say before and after training: signal, leakage, doubtful labels."""
