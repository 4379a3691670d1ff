"""Model to text: glyphs, times, cells. Pure functions."""
