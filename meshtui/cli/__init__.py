"""The headless front end: one module a command, imported when it runs."""
