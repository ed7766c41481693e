# Extracts from a dump the rows of the wanted tables, each into its own temporary table, and the values of their sequences.
# Text that looks like a COPY inside another table's rows or a function is skipped.
BEGIN { n = split(ENVIRON["WANTED"], wanted, "\n") }
copying { if (keep) print; if ($0 == "\\.") copying = keep = 0; next }
/^SET client_encoding = / { print }
/^-- Name: .*; Type: SEQUENCE SET; / { number = 1 }
number && sub(/^SELECT pg_catalog\.setval\(/, "INSERT INTO gonogo_at VALUES (") { print; number = 0 }
/^-- Data for Name: / { data = 1 }
data && /^COPY .* FROM stdin;$/ {
  head = substr($0, 6, length($0) - 17); copying = 1; data = 0
  for (i = 1; i <= n; i++) if (substr(head, 1, length(wanted[i]) + 2) == wanted[i] " (") {
    columns = substr(head, length(wanted[i]) + 3, length(head) - length(wanted[i]) - 3); keep = 1
    print "CREATE TEMP TABLE gonogo_" i " AS SELECT " columns " FROM " wanted[i] " WITH NO DATA;"
    print "INSERT INTO gonogo_copies VALUES ($name$gonogo_" i "$name$, $name$" wanted[i] "$name$, $name$" columns "$name$);"
    print "COPY gonogo_" i " FROM stdin;"
  }
}
