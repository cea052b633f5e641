"""Public JSON, feeds out, embeds, badges, open data and OpenAPI."""
