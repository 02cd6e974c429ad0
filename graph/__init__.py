"""The orchestrator: the conversation and the migration as one LangGraph graph."""
