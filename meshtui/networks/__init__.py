"""One sub-package a network; none knows another, and none does I/O."""
