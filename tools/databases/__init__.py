"""Connections to source and target, and one dialect per kind of database."""
