"""`gonogo preview`: a page in the browser as people will meet it, without hosts or Slack."""
