"""The nouns of a migration; pydantic and the standard library only."""
