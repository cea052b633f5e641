"""Stories, sections, authors, corrections: the newsroom's pages."""
