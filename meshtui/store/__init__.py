"""What outlives the process: SQLite tables and the key file."""
