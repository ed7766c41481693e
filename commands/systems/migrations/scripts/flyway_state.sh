# The versions that are applied, from the table of `info`; one that failed is marked.
told=$($PROGRAM info 2>&1) || { printf '%s\n' "$told" >&2; exit 1; }
awk -F '|' '
  function cell(n,  text) { text = $n; gsub(/^ +| +$/, "", text); return text }
  /^\|/ && !state {
    for (n = 1; n <= NF; n++) { if (cell(n) == "State") state = n; if (cell(n) == "Version") version = n; if (cell(n) == "Description") what = n }
    next
  }
  /^\|/ && state && cell(state) !~ /^(Pending|Ignored|Above Target|Below Baseline|Available)/ {
    name = cell(version) != "" ? cell(version) : cell(what)
    gsub(/ /, "_", name)
    print name (cell(state) ~ /Failed/ ? "(failed)" : "")
  }
  END { if (!state) exit 1 }' <<< "$told"
