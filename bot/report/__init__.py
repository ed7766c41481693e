"""The layout of reports and of the history of runs: Markdown, one HTML page, and a chart."""
