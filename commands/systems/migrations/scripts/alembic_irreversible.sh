# What Alembic would apply now and could not take back, one a line: revisions whose `downgrade` raises at once, or is not there; and
# those whose `downgrade` has no statement although their `upgrade` has. Read from the files that Alembic names.
told=$($PROGRAM history --verbose)
applied=$(migration_state)
# all but what is applied, with what that comes from: each revision and its file, with a tab between
pending=$(applied=$applied awk '
  /^Rev: / { revision = $2; order[++n] = revision }
  /^(Parent|Merges|Also depends on): / { sub(/^[^:]*: /, ""); gsub(/,/, " "); parents[revision] = parents[revision] " " $0 }
  /^Path: / { sub(/^Path: /, ""); path[revision] = $0 }
  function take(revision,    i, count, list) {
    if (revision in taken || !(revision in path)) return
    taken[revision]
    count = split(parents[revision], list, " ")
    for (i = 1; i <= count; i++) take(list[i]) }
  END {
    count = split(ENVIRON["applied"], heads, "\n")
    for (i = 1; i <= count; i++) take(heads[i])
    for (i = 1; i <= n; i++) if (!(order[i] in taken)) print order[i] "\t" path[order[i]] }' <<< "$told")
# body_of NAME FILE: "none", "raises", "empty" or "more"
body_of() {
  awk -v name="$1" '
    function line(text) {
      gsub(/^[ \t]+|[ \t\r]+$/, "", text)
      if (quote) { if (index(text, quote)) quote = ""; return }
      if (text == "" || text ~ /^#/) return
      if (!first && (text ~ /^[rRuU]?"""/ || text ~ /^[rRuU]?\047\047\047/)) {
        sub(/^[rRuU]/, "", text); quote = substr(text, 1, 3)
        if (index(substr(text, 4), quote)) quote = ""
        return }
      if (!first && text ~ /^["\047][^"\047]*["\047]$/) return
      if (!first++ && text ~ /^raise([ (]|$)/) kind = "raises"
      sub(/[ \t]*#.*$/, "", text)
      if (kind == "empty" && text !~ /^(pass|\.\.\.|return|return None)$/) kind = "more" }
    inside && /^[^ \t#)\r]/ { inside = 0 }
    inside && !began { if (/:[ \t\r]*(#.*)?$/) began = 1; next }
    inside { line($0) }
    $0 ~ "^def " name "[ \t]*\\(" {
      inside = 1; kind = "empty"; began = 0; first = 0; quote = ""
      if (/:[ \t\r]*(#.*)?$/) began = 1
      else if (match($0, /\)[^:]*:[ \t]*[^ \t]/)) { began = 1; line(substr($0, RSTART + RLENGTH - 1)) } }
    index($0, name) { named = 1 }
    END { print kind != "" ? kind : named ? "more" : "none" }' "$2"
}
while IFS=$'\t' read -r revision file; do
  [ -n "$revision" ] || continue
  [ -r "$file" ] || { printf 'The file %s of a revision cannot be read from here.\n' "$file" >&2; exit 1; }
  case $(body_of downgrade "$file") in
    none) printf '%s (it has no downgrade)\n' "$revision" ;;
    raises) printf '%s (its downgrade raises an error)\n' "$revision" ;;
    empty) [ "$(body_of upgrade "$file")" = empty ] || printf '%s (its downgrade does nothing)\n' "$revision" ;;
  esac
done <<< "$pending"
