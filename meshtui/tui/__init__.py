"""The Textual front end; nothing else imports Textual."""
