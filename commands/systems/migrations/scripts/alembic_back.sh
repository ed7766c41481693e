# Back to the revision in $STATE_BEFORE, or to nothing.
case $STATE_BEFORE in
*" "*) echo "Several heads were applied before ($STATE_BEFORE); alembic goes back to one at a time." >&2; exit 64 ;;
esac
# where the release only added a branch beside it, alembic would find no way to it
[ -n "$STATE_BEFORE" ] && migration_state | grep -qxF -- "$STATE_BEFORE" || $PROGRAM downgrade "${STATE_BEFORE:-base}"
# from a merge it goes to one of the branches and leaves the others: nothing of them was applied before, so they go back too,
# each by one revision at a time, until what is left belongs to $STATE_BEFORE; another merge goes back to one of its own
tried=
while other=$(migration_state | grep -vxF -- "$STATE_BEFORE" | head -n 1) && [ -n "$other" ] && [ "$other" != "$tried" ]; do
  tried=$other
  parent=$($PROGRAM show "$other" | sed -n 's/^Merges: \([^, ]*\).*/\1/p')
  $PROGRAM downgrade "${parent:-$other@-1}"
done
