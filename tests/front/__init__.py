"""Tests of the front doors: the command line, settings, the report."""
