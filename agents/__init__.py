"""Judgement: what the rules say about the facts, and what a model may refine."""
