"""The files in the folder of a box."""

KEEPER = "keeper"  # the process id of the one that keeps the box, which it locks as long as it lives
MAKER = "maker"  # is locked while a bot makes the box and no run has it yet
TARGET = "target"  # the folder of the target
LOG = "log"  # what the keeper says
VALUES = "values.json"  # what the box has for the variables of a page
