"""The answers of the API and of the badge."""
