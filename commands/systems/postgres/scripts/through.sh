# psql, pg_dump and pg_restore run through the words of $THROUGH, for example in a container. They see no variable and no file of
# this host: each gets its variables as the first lines of its input, and what would be a file is a stream. An archive is then
# a folder with one stream, which is written and read by one process.
# ends what has these variables there, once nobody of this job is left here: a container's programs do not end with it
AFTERWARDS='cat > /dev/null
for process in /proc/[0-9]*; do
  if tr "\0" "\n" < "$process/environ" 2> /dev/null | grep -qxF "GONOGO_JOB=$1"; then kill "${process#/proc/}"; fi
done'
# takes the variables up to an empty line, and becomes the program; none that is set there counts
THERE='for name in $(env | sed -n "s/^\(PG[A-Z0-9_]*\)=.*/\1/p"); do unset "$name"; done
while IFS= read -r line && [ -n "$line" ]; do export "$line"; done
exec "$@"'
GONOGO_JOB=${GONOGO_JOB:-$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')}
variables() {
  local name
  for name in "${!PG@}" LC_ALL GONOGO_JOB; do [ -z "${!name+set}" ] || printf '%s=%s\n' "$name" "${!name//$'\n'/ }"; done
  echo
}
there() { "${THROUGH[@]}" sh -c "$THERE" sh "$@" < <(variables; exec cat); }
psql() {
  local words=() file=
  while [ $# -gt 0 ]; do
    if [ "$1" = -f ]; then file=$2 words+=(-f -); shift 2; else words+=("$1"); shift; fi
  done
  if [ -n "$file" ]; then there psql "${words[@]}" < "$file"; else there psql "${words[@]}"; fi
}
pg_dump() {
  local words=() folder=
  while [ $# -gt 0 ]; do
    case $1 in
      -f) if [ "$2" = /dev/null ]; then words+=("$1" "$2"); else folder=$2; fi; shift ;;
      -Fd) words+=(-Fc) ;;
      --jobs=*) ;;
      *) words+=("$1") ;;
    esac
    shift
  done
  if [ -z "$folder" ]; then there pg_dump "${words[@]}" < /dev/null; return; fi
  mkdir -- "$folder" && there pg_dump "${words[@]}" < /dev/null > "$folder/all.dump"
}
pg_restore() {
  local words=() word archive=${!#}
  if ! [ -d "$archive" ]; then there pg_restore "$@" < /dev/null; return; fi
  for word in "${@:1:$#-1}"; do [[ $word == --jobs=* ]] || words+=("$word"); done
  there pg_restore "${words[@]}" < "$archive/all.dump"
}
# in the background of its own shell, so that a `wait` of the script does not wait for it
exec {afterwards}> >("${THROUGH[@]}" sh -c "$AFTERWARDS" sh "$GONOGO_JOB" <&0 > /dev/null 2>&1 &)
# what runs the words in a shell of its own would run names of tables as commands
said=$(there sh -c 'printf "<%s>" "$@" "${GONOGO_JOB:+x}"; cat' sh 'a  b' '$HOME;' "'" <<< input 2>&1) || true
[ "$said" = "<a  b><\$HOME;><'><x>input" ] || { head -n 4 <<< "$said"; exit 64; }
