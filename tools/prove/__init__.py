"""Proof that what was to arrive has arrived: counts, samples, checksums, integrity."""
