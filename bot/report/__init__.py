"""How the report and the history of runs look: Markdown, one HTML page, and a chart."""
