"""Tags and filters of the page templates."""
