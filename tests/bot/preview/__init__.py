"""The preview of a page in the browser."""
