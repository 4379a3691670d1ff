"""Pure folds of events into what panes show; no Textual here."""
