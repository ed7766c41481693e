"""The database under the store, in PostgreSQL: several bots may serve one record."""
