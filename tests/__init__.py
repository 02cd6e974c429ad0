"""The tests: real databases, real processes, and one honest fake for the model."""
