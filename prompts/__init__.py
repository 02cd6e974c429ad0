"""The prompt templates, one Markdown file per model call."""
