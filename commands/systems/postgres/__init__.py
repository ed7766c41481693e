"""PostgreSQL: client programs, SQL files, receipts, backups, scratch copies and rehearsals."""
