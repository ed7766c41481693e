# URLs of PostgreSQL in a tool's variables: what is one, and how a text is written in one.
percent() {
  local LC_ALL=C text=$1 at one
  for ((at = 0; at < ${#text}; at++)); do
    one=${text:at:1}
    case $one in
      [A-Za-z0-9._~-]) printf %s "$one" ;;
      *) printf '%%%02X' $(($(printf %d "'$one") & 255)) ;;
    esac
  done
}
POSTGRES_URL='^(jdbc:)?(postgres|postgresql|postgis|pgx[0-9]*|pg|ecto)(\+[A-Za-z0-9_]+)?://'
is_url() { [[ $1 =~ $POSTGRES_URL ]]; }
