# A URL with options or a session's name of its own keeps PGOPTIONS or PGAPPNAME out, and some tools do not read these
# variables, as none of Java does: then the URL says them, too.
NAMES_SESSION='^(.*[?&](application_name|ApplicationName)=)[^&#]*(.*)$'
# $1: "all" if every URL needs that of the options; then the names of the variables.
options_in_urls() {
  local all=$1 name value options session
  shift
  options=$(percent " $PGOPTIONS") session=$(percent "${PGAPPNAME-}")
  for name in "$@"; do
    value=${!name-}
    is_url "$value" || continue
    if [[ $value =~ ^(.*[?&]options=[^&#]*)(.*)$ ]]; then
      value=${BASH_REMATCH[1]}$options${BASH_REMATCH[2]}
    elif [[ $all = all || $value = jdbc:* ]]; then
      value=$(with_parameter "$value" "options=${options#%20}")
    fi
    if [[ -n $session && $value =~ $NAMES_SESSION ]]; then
      value=${BASH_REMATCH[1]}$session${BASH_REMATCH[3]}
    elif [[ -n $session && $value = jdbc:* ]]; then
      value=$(with_parameter "$value" "ApplicationName=$session")
    fi
    [ "$value" = "${!name-}" ] || export "$name=$value"
  done
}
with_parameter() {
  case $1 in
    *\?*) printf %s "$1&$2" ;;
    *) printf %s "$1?$2" ;;
  esac
}
