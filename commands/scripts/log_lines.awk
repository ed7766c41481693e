# Prints the lines that hold a word of BAD in any case ("TypeError" and "errors" hold "error"), unless it stands there only in
# an address or a file's name, in a count of none ("0 errors", "error: null"), in the name of what handles errors, or in a line that
# calls itself info or less; and, last, how many there are.
BEGIN {
  bad = "(" ENVIRON["BAD"] ")"
  none = "(^|[^a-z0-9.])(0|no|zero|without|without any) " bad "s?([^a-z]|$)"
  nothing = bad "[a-z_]*\"?[:=] ?(0([.]0+)?|null|none|false|undefined|\"\")([^a-z0-9.]|$)"
  handles = bad "[-_ ]?(handler|middleware|boundary|logger|reporter|tracker)s?"
  low = "(info|debug|trace|verbose)"
  level = "^([^a-z]|[0-9][tz])*" low "([^a-z]|$)|\"level\": ?(\"" low "\"|[123]0[,}])"
}
{
  rest = tolower($0)
  if (rest !~ bad || rest ~ level) next
  gsub(/\/[^] \t"',;)}<>]*/, " ", rest)
  gsub(/[a-z0-9_.-]+[.](log|[cm]?[jt]s)/, " ", rest)
  gsub(none, " ", rest)
  gsub(nothing, " ", rest)
  gsub(handles, " ", rest)
  if (rest ~ bad) { n++; print "log: " substr($0, 1, 300) }
}
END { print "found=" n + 0 }
