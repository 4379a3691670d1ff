"""Widgets: state in by method or reactive, messages out."""
