# Prints the lines with a word of BAD in any case ("TypeError" and "errors" contain "error"), and their number at the end.
# Lines whose own level is error or worse count without such a word: 50 and 60 of pino and bunyan, "critical" and the like.
# A word does not count in a URL or a file name, in a count of zero ("0 errors", "error: null"), in the name of an error
# handler, in a logged query, or in a line whose own level is info or lower.
BEGIN {
  bad = "(" ENVIRON["BAD"] ")"
  none = "(^|[^a-z0-9.])(0|no|zero|without|without any) " bad "s?([^a-z]|$)"
  empty = "(0([.]0+)?|null|none|false|undefined)"
  blank = "(\"\"|''|[[][]]|[{][}])"
  # behind a colon the value must end the sentence: "Error: null value in column" is an error
  nothing = bad "[a-z_]*\"?([:=] ?" blank "|: ?" empty " *([],;})]|$)|: ?0 +(warning|failure)|=" empty "([],;}) ]|$))"
  rate = bad "[-_ ]rate[:=]? ?0([.]0+)?%?([^0-9.]|$)"
  handles = bad "s?[-_ ]?(handler|middleware|boundary|logger|logging|reporter|reporting|tracker|tracking|module)s?([^a-z]|$)"
  low = "(info|debug|trace|verbose)"
  level = "^([^a-z]|[0-9][tz]|utc|gmt|[ap]m)*" low "([^a-z]|$)|(^| )(level|lvl|severity)=\"?" low "|^\\[nest\\].* log \\["
  high = "(critical|crit|alert|emergency|emerg|panic|severe)"
  json_low = "\"" low "\"|[123]0 *[,}]"
  json_high = "\"" high "\"|" ("error" ~ bad ? "[56]0" : "60") " *[,}]"
  loud = "(^| )(level|lvl|severity)=\"?" high "([^a-z]|$)"
  # as a line's own first word only in capitals or in brackets: "Alert rules are loaded" is a sentence
  first = "^([^A-Za-z]|[0-9][TZ]|UTC|GMT|[AP]M)*" toupper(high) "([^A-Za-z]|$)|^[^A-Za-z]*[[]" high "[]]"
  query = "^(prisma:query|executing \\(|query:)"
}
function json_level(text, levels) {
  return match(text, /"(level|lvl|severity)" *: */) && substr(text, RSTART + RLENGTH) ~ ("^(" levels ")")
}
{
  plain = $0
  gsub(/\033\[[0-9;]*m/, "", plain)
  rest = tolower(plain)
  if (json_level(rest, json_high) || rest ~ loud || plain ~ first) { count(); next }
  if (rest !~ bad || rest ~ level || rest ~ query || json_level(rest, json_low)) next
  gsub(/\/[^] \t"',;)}<>]*/, " ", rest)
  gsub(/[a-z0-9_.-]+[.](log|[cm]?[jt]s)/, " ", rest)
  gsub(none, " ", rest)
  gsub(nothing, " ", rest)
  gsub(rate, " ", rest)
  gsub(handles, " ", rest)
  if (rest ~ bad) count()
}
function count() { n++; print "log: " substr($0, 1, 600) }
END { print "found=" n + 0 }
