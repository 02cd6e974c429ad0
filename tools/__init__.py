"""Deterministic tools: facts in, facts out, grouped by the stage of the journey."""
