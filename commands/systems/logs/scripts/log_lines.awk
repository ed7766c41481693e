# Prints the lines with a word of BAD in any case ("TypeError" and "errors" contain "error"), and their number at the end.
# Lines whose own level is error or worse count without such a word: 50 and 60 of pino and bunyan, "critical" and the like, and
# the short forms of other loggers: ERRO[0000] of logrus, "12:00 FTL" of Serilog and zerolog, E0102 of klog, "fail:" of .NET,
# <3> of syslog, level 3 of GELF, 17 and more of OpenTelemetry.
# A word does not count in a URL or a file name, in a count of zero ("0 errors", "error: null"), in the name of an error
# handler, in a logged query, or in a line whose own level is info or lower.
BEGIN {
  bad = "(" ENVIRON["BAD"] ")"
  none = "(^|[^a-z0-9.])(0|no|zero|without|without any) " bad "s?([^a-z]|$)"
  empty = "(0([.]0+)?|null|none|false|undefined)"
  blank = "(\"\"|''|[[][]]|[{][}])"
  day = "[0-9][0-9][0-9][0-9] [0-9][0-9]:[0-9][0-9]:"
  # behind a colon the value must end the sentence: "Error: null value in column" is an error
  nothing = bad "[a-z_]*\"?([:=] ?" blank "|: ?" empty " *([],;})]|$)|: ?0 +(warning|failure)|=" empty "([],;}) ]|$))"
  rate = bad "[-_ ]rate[:=]? ?0([.]0+)?%?([^0-9.]|$)"
  handles = bad "s?[-_ ]?(handler|middleware|boundary|logger|logging|reporter|reporting|tracker|tracking|module)s?([^a-z]|$)"
  low = "(info|debug|trace|verbose|inf|dbg|dbug|debu|trc|trce|vrb)"
  level = "^([^a-z]|[0-9][tz]|utc|gmt|[ap]m)*" low "([^a-z]|$)|(^| )(level|lvl|severity)=\"?" low "|^\\[nest\\].* log \\[|^i" day
  high = "(critical|crit|alert|emergency|emerg|panic|pani|severe|fata|ftl)"
  worse = high; numbers = "60"; python = "50"; klog = "F"
  if ("error" ~ bad) { worse = "(" high "|err|erro|eror)"; numbers = "[56]0"; python = "[45]0"; klog = "[EF]" }
  field = "\"(level|lvl|severity|log[._]?level|level_?name|@l|@level)\" *: *"
  json_low = "\"" low "\"|\"?[123]0\"? *[,}]"
  json_high = "\"" worse "\"|\"?" numbers "\"? *[,}]"
  loud = "(^| )(level|lvl|severity)=\"?(" worse "|" numbers ")([^a-z0-9]|$)|\"levelno\" *: *" python " *[,}]"
  loud = loud "|^<[0-3]>|\"severity_?number\" *: *(1[7-9]|2[0-4]) *[,}]|^(npm|pnpm|yarn) err!"
  loud = loud "|^" ("error" ~ bad ? "(fail|crit)" : "crit") ": [a-z0-9_.]+[[][0-9]+[]]"
  # as a line's own first word only in capitals or in brackets: "Alert rules are loaded" is a sentence
  first = "^([^A-Za-z]|[0-9][TZ]|UTC|GMT|[AP]M)*" toupper(worse) "([^A-Za-z_]|$)|^[^A-Za-z]*[[](" worse "|" klog ")[]]|^" klog day
  query = "^(prisma:query|executing \\(|query:)"
}
function json_level(text, levels) {
  return match(text, field) && substr(text, RSTART + RLENGTH) ~ ("^(" levels ")")
}
# GELF numbers its levels as syslog does, from 0, which is the worst
function gelf(text) { return text ~ /"short_message"/ && text ~ /"level" *: *[0-3] *[,}]/ }
{
  plain = $0
  gsub(/\033\[[0-9;]*m/, "", plain)
  rest = tolower(plain)
  if (json_level(rest, json_high) || rest ~ loud || plain ~ first || gelf(rest)) { count(); next }
  if (rest !~ bad || rest ~ level || rest ~ query || json_level(rest, json_low)) next
  gsub(/\/[^] \t"',;)}<>]*/, " ", rest)
  gsub(/[a-z0-9_.-]+[.](log|[cm]?[jt]s)/, " ", rest)
  gsub(none, " ", rest)
  gsub(nothing, " ", rest)
  gsub(rate, " ", rest)
  gsub(handles, " ", rest)
  if (rest ~ bad) count()
}
function count(    line) { n++; line = $0; sub(/^<[0-3]>/, "", line); print "log: " substr(line, 1, 600) }
END { print "found=" n + 0 }
