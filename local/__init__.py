"""The house on a laptop: the host that stands in for Azure Functions, sample data, and the story."""
