# Prints the lines with a word of BAD in any case ("TypeError" and "errors" contain "error"), and their number at the end.
# Lines whose own level is error or worse count without such a word: 50 and 60 of pino and bunyan, "critical" and the like, and
# the short forms of other loggers: ERRO[0000] of logrus, "12:00 FTL" of Serilog and zerolog, E0102 of klog, "fail:" of .NET,
# "E, [2026-…" of Ruby, <3> of syslog, level 3 of GELF, 17 and more of OpenTelemetry. So does a crash, such as "panic: " or an
# uncaught exception.
# A word does not count in a URL or a file name, in a count of zero ("0 errors", "error: null"), in the name of an error
# handler or of a setting, in a logged query, or in a line whose own level is info or lower.
BEGIN {
  bad = "(" ENVIRON["BAD"] ")"
  kinds = "(" bad "|critical|such|new|known|other|further|more|type|lint|build|syntax|validation) "
  none = "(^|[^a-z0-9.])(0|no|zero|without|without any) (" kinds ")?" bad "s?([^a-z]|$)|(^|[^a-z])(non-|not an? )" bad "([^a-z]|$)"
  empty = "(0([.]0+)?|null|none|nil|<nil>|false|undefined)"
  blank = "(\"\"|''|[[][]]|[{][}])"
  day = "[0-9][0-9][0-9][0-9] [0-9][0-9]:[0-9][0-9]:"
  # behind a colon the value must end the sentence: "Error: null value in column" is an error
  nothing = bad "[a-z_]*\"?([:=] ?" blank "|: ?" empty " *([],;})]|$)|: ?0 +(warning|failure)|=" empty "([],;}) ]|$)| = " empty " *([],;})]|$))"
  rate = bad "[-_ ]rate[:=]? ?0([.]0+)?%?([^0-9.]|$)"
  zeros = bad "s [a-z\/ ]*: ?0([.]0+)? *([],;})]|$)"
  setting = "(^|[^a-z])(on|max|ignore|display|show|hide|throw|stop|continue|retry)[-_.]?(on[-_.]?)?" bad "s?\"? ?[=:] ?\"?"
  setting = setting "(true|false|on|off|yes|no|[0-9]+|continue|stop|retry|ignore|exit|abort)([^a-z0-9]|$)|" bad "s?[-_.](pages?|log|threshold)\"? ?[=:]"
  setting = setting "|log(ger|ging)?[-_. ]?level\"?( is| set to)?[=: ]+\"?" bad "\"? *([],;})]|$)"
  handles = bad "s?[-_ ]?(handler|middleware|boundary|logger|logging|reporter|reporting|tracker|tracking|module)s?([^a-z]|$)"
  below_info = "debug|trace|verbose|dbg|dbug|debu|trc|trce|vrb"
  low = "(info|inf|" below_info ")"; quieter = "(^|[^a-z])(" below_info ")([^a-z]|$)"
  # behind a hyphen or a dot the word goes on: "debug-tool.ERROR" of Monolog has the level of its end
  level = "^([^a-z]|[0-9][tz]|utc|gmt|[ap]m)*" low "([^a-z_.-]|[_.-]([^a-z]|$)|$)|(^| )(level|lvl|severity)=\"?" low
  level = level "|^\\[nest\\].* log \\[|^i" day "|^[di], [[][0-9]|" in_brackets("(" low "|information|trace[1-8])")
  # what PostgreSQL says besides: a statement or detail belongs to the line before, which has its own level
  quiet = in_capitals(low) "|[0-9] [^ ]+ [[][0-9]+[]] ([^ ]+ )?(LOG|DETAIL|HINT|CONTEXT|STATEMENT|QUERY|NOTICE): "
  high = "(critical|crit|alert|emergency|emerg|d?panic|pani|pnc|severe|fata|ftl)"
  worse = high; numbers = "60"; python = "50"; klog = "F"
  if ("error" ~ bad) { worse = "(" high "|err|erro|eror)"; numbers = "[56]0"; python = "[45]0"; klog = "[EF]" }
  field = "\"(level|lvl|severity|log[._]?level|level_?name|@l|@level)\" *: *"
  json_low = "\"(" low "|information|[idtv])\"|\"?[123]0\"? *[,}]"
  json_high = "\"(" worse "|" bad "|" tolower(klog) ")\"|\"?" numbers "\"? *[,}]"
  loud = "(^| )(level|lvl|severity)=\"?(" worse "|" numbers ")([^a-z0-9]|$)|\"levelno\" *: *" python " *[,}]"
  loud = loud "|\"severity_?number\" *: *(1[7-9]|2[0-4]) *[,}]|^(npm|pnpm|yarn) err!"
  loud = loud "|^" ("error" ~ bad ? "(fail|crit)" : "crit") ": [a-z0-9_.]+[[][0-9]+[]]"
  # as a line's own first word only in capitals or in brackets: "Alert rules are loaded" is a sentence
  capitals = toupper(worse); first = in_capitals(worse)
  marked = in_brackets(worse); letter = "^[^A-Za-z]*[[]" klog "[]]|^" klog "(" day "|, [[][0-9])"
  query = "^(prisma:query|executing \\(|query:)"
}
function is_low() { return rest ~ level || own ~ level }
# Monolog's number says nothing without the name behind it: {"level":500,"level_name":"CRITICAL"}. Serilog's short form has no
# level where it is information.
function json_level(text, levels) {
  if (!match(text, field)) return levels == json_low && text ~ /"@t" *:/ && text ~ /"@mt?" *:/
  text = substr(text, RSTART + RLENGTH)
  if (text ~ /^[0-9][0-9][0-9] *,/ && match(text, /"level_name" *: */)) text = substr(text, RSTART + RLENGTH)
  return text ~ ("^(" levels ")")
}
{
  plain = $0
  if (plain ~ /^[{]"log":"/) plain = unpacked(plain)
  gsub(/\033\[[0-9;]*m/, "", plain); sub(/\r$/, "", plain)
  rest = tolower(plain); bare = unprefixed(plain); own = tolower(bare)
  said = own ~ /^[[]/ && !is_low() ? tolower(unbracketed(bare)) : own
  relayed = is_relayed()
  if (said ~ /^traceback [(]most recent call last[)]/) { begin_trace($0); next }
  if (traces && said ~ /^[^ \t~^]/ && open[whose()]) { if (ends_trace()) next }
  if (was_told_to_stop(said)) next
  if (json_level(rest, json_high) || rest ~ loud || syslog_level(rest) || mongo_level(rest, "[ef]") || is_crash(said)) { count($0); next }
  is_high = own ~ marked || bare ~ letter || (plain ~ capitals && (plain ~ first || bare ~ first))
  if (!is_high && rest !~ bad) next
  if (is_low() || plain ~ quiet || bare ~ quiet || rest ~ query) next
  if (is_high) { count($0); next }
  if (json_level(rest, json_low) || mongo_level(rest, "(i|d[1-5])")) next
  gsub(/\/[^] \t"',;)}<>]*/, " ", rest)
  gsub(/[a-z0-9_.-]+[.](log|[cm]?[jt]s)/, " ", rest)
  gsub(setting, " ", rest)
  gsub(nothing, " ", rest)
  gsub(none, " ", rest)
  gsub(zeros, " ", rest)
  gsub(rate, " ", rest)
  gsub(handles, " ", rest)
  if (rest ~ bad) count($0)
}
# Python's traceback counts by its last line, the exception: the first that is neither indented nor a mark (^^^^) below a line of
# code. Two processes may write theirs at once. Where another line follows, it counts by its first one. Lines of two services
# are told apart by the names before them. Of the times there pm2 writes one before what it got at once, not before each line.
function begin_trace(first,    of) { of = whose(); trace[of, ++open[of]] = first; traces++; return of }
function whose(    of) {
  of = substr(plain, 1, length(plain) - length(said))
  gsub(/[0-9][0-9TZ:.,+-]*|UTC|[^A-Za-z0-9]/, "", of)
  return of
}
function ends_trace(    first) {
  first = trace[whose(), open[whose()]--]
  traces--
  if (was_told_to_stop(said)) return 1
  if (said !~ /^[a-z_][a-z0-9_.]*(:|$)/ || (is_low() && !relayed)) { count(first); return 0 }
  count($0)
  return 1
}
# A program may hand on what another one prints, as lines of its own level info: then all before the word is their prefix, until
# the exception. A line that only speaks of a traceback has no line of code below it.
function is_relayed() {
  if (said !~ /^traceback/ && match(rest, /traceback [(]most recent call last[)]:?$/) &&
    substr(rest, 1, RSTART - 1) ~ /[^a-z0-9 \t][ \t]?$/ && rest !~ quieter) {
    prefix_length = RSTART - 1
    prefix = letters(substr(plain, 1, prefix_length)); announced = $0
    return 0
  }
  if (!prefix_length || letters(substr(plain, 1, prefix_length)) != prefix) return 0
  if (announced == "" ? !open[relay] : substr(rest, prefix_length + 1) !~ /^[ \t]+file "/) {
    prefix_length = 0; announced = ""
    return 0
  }
  said = substr(rest, prefix_length + 1)
  if (announced != "") { relay = begin_trace(announced); announced = "" }
  return 1
}
function letters(text) { gsub(/[^A-Za-z]/, "", text); return text }
function count(line) { n++; sub(/^<[0-3]>/, "", line); print "log: " substr(line, 1, 600) }
END {
  for (of in open) for (; open[of]; open[of]--) count(trace[of, open[of]])
  print "found=" n + 0
}
