# Brings rows back from a backup: checks the file, then feeds one transaction to psql, the rows of the dump in its middle.
export PGAPPNAME="gonogo $KEY" LC_ALL=C.UTF-8
cd "$FOLDER"
sha256sum --quiet -c - <<< "$SHA256  $FILE" || exit 68
WANTED=$(psql -XqAt -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" <<< "$FIND SELECT name FROM gonogo_tables WHERE leaf;")
export WANTED
{ printf '%s\n' "$BEFORE"; gzip -dc "$FILE" | LC_ALL=C awk "$COPIES"; printf '%s\n' "$AFTER"; } |
  psql -XqAt -v ON_ERROR_STOP=1 -v tables="$TABLES" -v columns="$COLUMNS" -v key="$KEY" -v file="$FILE" -v sum="$SHA256" \
    -v lock="$LOCK" -v patience="$PATIENCE" -v limit="$LIMIT"
