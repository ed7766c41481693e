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
# body_of NAME FILE: "none", "raises", "empty" or "more". Strings over several lines, as of SQL, are no statements.
body_of() {
  awk -v name="$1" '
    function code(text,    kept, at, other) {
      for (kept = ""; ; text = substr(text, at + 3)) {
        if (quote) {
          if (!(at = index(text, quote))) return kept
          quote = ""; kept = kept "\"\""
          continue }
        at = index(text, "\"\"\""); other = index(text, "\047\047\047")
        if (!at || (other && other < at)) at = other
        if (!at) return kept text
        quote = substr(text, at, 3); kept = kept substr(text, 1, at - 1) } }
    function line(text,    indent) {
      if (!quote && text ~ /^[ \t]*#/) return
      text = code(text)
      indent = match(text, /[^ \t]/)
      gsub(/^[ \t]+|[ \t\r]+$/, "", text); sub(/[ \t]*#.*$/, "", text); gsub(/;[ \t]*pass/, "", text)
      if (text == "" || text ~ /^[rRuUfF]?("[^"]*"|\047[^\047]*\047)$/) return
      if (!first) first = indent
      if (indent == first && !returns && text ~ /^(raise|assert (False|0)|sys\.exit|exit)([ (,]|$)/) kind = "raises"
      if (text ~ /(^|[ :;])return([ (]|$)/) returns = 1
      if (kind == "empty" && text !~ /^(pass|\.\.\.|return|return None|print\(.*\)|(logg?(er|ing)?)\.[a-z]+\(.*\))$/) kind = "more" }
    inside && !quote && /^[^ \t#)\r]/ { inside = 0 }
    inside && !began { if (/:[ \t\r]*(#.*)?$/) began = 1; next }
    inside { line($0) }
    $0 ~ "^(async[ \t]+)?def " name "[ \t]*\\(" {
      inside = 1; kind = "empty"; began = first = returns = 0; quote = ""
      if (/:[ \t\r]*(#.*)?$/) began = 1
      else if (match($0, /\)[^:]*:[ \t]*[^ \t]/)) { began = 1; line(substr($0, RSTART + RLENGTH - 1)) } }
    /^[ \t]*[^ \t#]/ && ($0 ~ "(^|[^A-Za-z0-9_.])" name "[ \t]*=" || $0 ~ "import[^#]*[ ,(]" name "([ ,)\r]|$)") { named = 1 }
    END { print kind != "" ? kind : named ? "more" : "none" }' "$2"
}
while IFS=$'\t' read -r revision file; do
  [ -n "$revision" ] || continue
  [ -r "$file" ] || { printf 'The file %s of a revision cannot be read from here.\n' "$file" >&2; exit 1; }
  # those for several databases have a function for each
  for name in downgrade $(sed -nE 's/^def (downgrade_[A-Za-z0-9_]*)[ \t]*\(.*/\1/p' "$file"); do
    case $(body_of "$name" "$file") in
      none) printf '%s (it has no downgrade)\n' "$revision" ;;
      raises) printf '%s (its %s raises an error)\n' "$revision" "$name" ;;
      empty)
        case $(body_of "up${name#down}" "$file") in
          empty) ;;
          none) [ "$name" != downgrade ] || printf '%s (its %s does nothing)\n' "$revision" "$name" ;;
          *) printf '%s (its %s does nothing)\n' "$revision" "$name" ;;
        esac ;;
    esac
  done
done <<< "$pending"
