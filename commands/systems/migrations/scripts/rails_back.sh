# Takes back, the newest first, what was not applied in $STATE_BEFORE. Rails refuses `db:migrate:down` with several databases.
applied=$(migration_state)
new=()
for one in $applied; do
  [[ " $STATE_BEFORE " == *" $one "* ]] || new+=("$one")
done
# An application that does not start, as after a bad release, may still run `db:migrate:down`: its tasks load less of it.
each=$($PROGRAM runner "$DATABASES"'
puts "\ngonogo-each" if databases.size > 1 || databases[0].respond_to?(:name) && databases[0].name != "primary"
' || true)
if [[ $each != *gonogo-each* ]]; then
  for one in ${new[@]+"${new[@]}"}; do
    SCHEMA=/dev/null VERSION=$one $PROGRAM db:migrate:down
  done
else
  # the numbers go in as a text of their own: in a container the program has another environment
  $PROGRAM runner "$DATABASES"'
new = %w['"$(printf '%s\n' ${new[@]+"${new[@]}"} | grep -xE '[0-9]+' | tr '\n' ' ')"'].map(&:to_i)
places = databases.each_index.flat_map { |place| (new & at.call(databases[place]).get_all_versions).map { |version| [version, place] } }
begin
  places.sort.reverse.each { |version, place| at.call(databases[place]).run(:down, version) }
rescue StandardError => error
  abort "#{error.class}: #{error.message}"
end
'
fi
