# Back to the revision in $STATE_BEFORE, or to nothing.
case $STATE_BEFORE in
*" "*) echo "Several heads were applied before ($STATE_BEFORE); alembic goes back to one at a time." >&2; exit 64 ;;
esac
$PROGRAM downgrade "${STATE_BEFORE:-base}"
