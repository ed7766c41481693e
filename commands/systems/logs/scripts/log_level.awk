# How loggers write the level of a line, and how programs end that have none left to write one.
# Forms for levels in capitals, such as "22:10:00 CRITICAL", "30-Nov-2026 22:10 SEVERE", "api - CRITICAL - " of Python and
# "app.CRITICAL: " of Monolog; behind the user of PostgreSQL ("app@shop PANIC") too.
function in_capitals(levels,    time) {
  time = "[^A-Za-z]|[0-9][TZ]|UTC|GMT|[AP]M|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec|Mon|Tue|Wed|Thu|Fri|Sat|Sun"
  levels = toupper(levels)
  time = "^(" time "|[A-Za-z0-9_]+@[A-Za-z0-9_]+ )*"
  return time levels "([^A-Za-z_]|$)|" time "[A-Za-z0-9_.:]+ *[-|] *" levels " *[-|] |[]] [A-Za-z0-9_-]+[.]" levels ": "
}
# Forms in lower case: "[crit]" of nginx, "[critical ]" of structlog, "[core:crit]" of Apache, "id=7 [critical]" of Elixir.
function in_brackets(levels) {
  return "^([^a-z]*[[]|[[][^]]*[]] [[][a-z0-9_]+:|([0-9:.]+ )?([a-z_]+=[^ ]+ )+[[])" levels " *[]]"
}
# The line without what syslog, pm2, docker, compose, kubernetes and foreman put before it. A host's name is not in capitals, which
# levels are.
function unprefixed(line) {
  sub(/^<[0-9]+>([0-9] )?/, "", line)
  line = untimed(of_syslog(line))
  sub(/^([0-9]+[|])?[A-Za-z0-9_.-]+ *[|] /, "", line)
  line = untimed(of_syslog(line))
  sub(/^std(out|err) [FP] /, "", line)
  return line
}
function of_syslog(line) {
  sub(/^[A-Z][a-z][a-z] [ 0-9][0-9] [0-9:.]+ [^ ]*[a-z0-9][^ ]* [^] :[]+([[][0-9]+[]])?: /, "", line)
  sub(/^[0-9-]+T[0-9:.]+([+-][0-9:]+|Z) ([^ ]+ )?[^] :[]+[[][a-z0-9_.-]+[]]: /, "", line)
  return line
}
function untimed(line) {
  sub(/^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9][T ][0-9][0-9]:[0-9:.,]+( ?([+-][0-9][0-9]:?[0-9][0-9]|Z|UTC))?:? /, "", line)
  sub(/^[0-9][0-9]:[0-9][0-9]:[0-9:.,]+ /, "", line)
  return line
}
# also without a name, a time or a level in brackets: "[web] ", "[pod/web-1/web] 2026-11-30T07:00:00Z ", "[2026-11-30 07:00:00] "
function unbracketed(line) { sub(/^[[][^]]*[]] /, "", line); return untimed(line) }
# a line of docker's own files, {"log":"…\n","stream":…}, as the program wrote it
function unpacked(line) {
  sub(/^[{]"log":"/, "", line); sub(/(\\n)?","stream":"std(out|err)".*/, "", line)
  gsub(/\\"/, "\"", line); gsub(/\\t/, "\t", line)
  return line
}
# syslog numbers its levels from 0, which is the worst: in "<27>" behind eight times the facility, in JSON under its own names
function syslog_level(line) {
  if (match(line, /^<[0-9]+>/)) return substr(line, 2, RLENGTH - 2) % 8 <= 3
  if (line ~ /"priority" *: *"?[0-3]"? *[,}]/) return 1
  return line ~ /"(short_message|facility)" *:/ && line ~ /"(level|severity)" *: *[0-3] *[,}]/
}
# {"t":{"$date":…},"s":"E",…} of MongoDB
function mongo_level(line, levels) { return line ~ /^[{]"t":[{]"\$date"/ && line ~ ("\"s\": *\"" levels "\"") }
# The last line of Python's traceback where a signal ended the program or its tasks: as pm2 stops it, the old process says that.
function was_told_to_stop(line) { return line ~ /^(keyboardinterrupt(: *)?|([a-z_]+[.])*cancellederror(: cancelled (via|by) cancel scope.*)?)$/ }
# the first line of an end that no logger wrote
function is_crash(line) {
  return line ~ /^[^a-z]*((http: )?panic(: | serving )|[[]recovery[]].* panic recovered:)/ || line ~ /^(thread '[^']*' panicked at |exception in thread "|unhandled exception[.:]|uncaught ?[a-z_.]*exception: )/ ||
    line ~ /^(terminate called |segmentation fault|[*][*] [(]exit |=crash report|out of memory: killed process )/ ||
    line ~ /^child [(][0-9]+[)] (panic at:|died )/ ||
    line ~ /^([^a-z]|[(]node:)*unhandled ?(promise ?)?rejection(warning)?(:| at)/ || line ~ /^([a-z_][a-z0-9_]*[.])+[a-z0-9_$]*exception(:|$)/
}
