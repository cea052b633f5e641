"""Pages that are not Wagtail pages, and files for programs."""
