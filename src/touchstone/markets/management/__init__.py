"""Django commands of the markets app."""
