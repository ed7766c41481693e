# Back to the version in $STATE_BEFORE, or to nothing.
case $STATE_BEFORE in
  *dirty*) echo "A migration had failed in its middle before ($STATE_BEFORE); golang-migrate goes back to none." >&2; exit 64 ;;
  '') $PROGRAM -database "$DATABASE_URL" down -all ;;
  *) $PROGRAM -database "$DATABASE_URL" goto "$STATE_BEFORE" ;;
esac
