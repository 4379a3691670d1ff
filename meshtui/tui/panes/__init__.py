"""One full-size view each, found by name and imported when first shown."""
