# What Flyway calls ignored: a version below the newest that is applied, without outOfOrder. It never applies it.
told=$($PROGRAM info 2>&1) || { printf '%s\n' "$told" >&2; exit 1; }
awk -F '|' '
  function cell(n,  text) { text = $n; gsub(/^ +| +$/, "", text); gsub(/ /, "_", text); return text }
  /^\|/ && !state {
    for (n = 1; n <= NF; n++) { if (cell(n) == "State") state = n; if (cell(n) == "Version") version = n; if (cell(n) == "Description") what = n }
    next
  }
  /^\|/ && cell(state) ~ /^Ignored/ { print "gonogo-passed=" cell(version) "_" cell(what) }' <<< "$told"
