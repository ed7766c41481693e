"""What happened in each run, in a SQLite file or in PostgreSQL. Imports nothing else of ours."""
