"""The views: each turns a moment of a run into a message, a card or a form."""
