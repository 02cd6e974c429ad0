"""Tests whose model answers were recorded from a real one, and how they are recorded: `make cassettes`."""
