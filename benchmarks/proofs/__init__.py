"""Proofs by breaking things: real `ferryman` processes, killed at seeded moments, then resumed or undone.

`python -m benchmarks.proofs [NAME ...]`; every promise that is proved here stands in docs/guarantees.md.
"""
