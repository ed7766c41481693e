# Back to the revision in $STATE_BEFORE, or to nothing.
case $STATE_BEFORE in
*" "*) echo "Several heads were applied before ($STATE_BEFORE); alembic goes back to one at a time." >&2; exit 64 ;;
esac
$PROGRAM downgrade "${STATE_BEFORE:-base}"
# from a merge it goes to one of the branches and leaves the others: nothing of them was applied before, so they go back too,
# each by one revision at a time, until what is left belongs to $STATE_BEFORE
tried=
while other=$(migration_state | grep -vxF -- "$STATE_BEFORE" | head -n 1) && [ -n "$other" ] && [ "$other" != "$tried" ]; do
  tried=$other
  $PROGRAM downgrade "$other@-1"
done
