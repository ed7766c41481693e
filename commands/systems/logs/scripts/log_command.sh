# The lines that a command of the page prints.
source_lines() { bash -euo pipefail -c "$COMMAND"; }
error_lines
