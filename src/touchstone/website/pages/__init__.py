"""Ready-made pages: complete response bytes, baked through Django once and served many times."""
