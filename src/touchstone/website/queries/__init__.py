"""What the pages show, gathered from the apps below and made ready for templates."""
