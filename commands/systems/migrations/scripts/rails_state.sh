# The numbers of the migrations that are up, the newest first; also of those that this folder does not have.
if ! told=$($PROGRAM db:migrate:status 2>&1); then
  if ! grep -q 'migrations table does not exist yet' <<< "$told"; then
    # what is wrong stands below that line, and advice behind it
    printf '%s\n' "$told" >&2
    grep -A 1 'aborted!$' <<< "$told" | tail -n 1 >&2 || true
    exit 1
  fi
  # there it ends, whatever databases follow
  told=$($PROGRAM runner "$DATABASES"'databases.each { |one| at.call(one).get_all_versions.each { |version| puts "\nup %.3d" % version } }')
fi
awk '$1 == "up" && $2 ~ /^[0-9]+$/ { print $2 }' <<< "$told" | sort -rn
