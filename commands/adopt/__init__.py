"""`gonogo adopt`: a team's own runbook, turned into a page as far as that is sure."""
