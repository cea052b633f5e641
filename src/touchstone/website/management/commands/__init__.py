"""Commands of the website app."""
