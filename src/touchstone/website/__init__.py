"""What readers see: masthead, home page, templates, styles and scripts."""
