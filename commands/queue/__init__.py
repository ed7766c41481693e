"""Queued starts: which one's moment has come, who is asked, and what people may do about them."""
