"""iCalendar files as a source of freezes: read at most hourly, and the last good copy is kept."""
