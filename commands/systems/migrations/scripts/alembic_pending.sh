# Heads of the code in this folder that the database is not at, one a line. Other lines are of its env.py; an “effective head” is
# one on which another depends, and the database does not name it.
applied=$(migration_state)
$PROGRAM heads | awk '/^[^ ]+( \([^()]*\))* \(head\)/ {print $1}' | { grep -vxF -- "$applied" || true; }
