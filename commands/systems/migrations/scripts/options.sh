# A URL with options of its own keeps PGOPTIONS out, and some tools do not read that variable: then the URL says them, too.
# $1: "all" if every URL needs that; then the names of the variables.
options_in_urls() {
  local all=$1 name value options
  shift
  options=$(percent " $PGOPTIONS")
  for name in "$@"; do
    value=${!name-}
    is_url "$value" || continue
    if [[ $value =~ ^(.*[?&]options=[^&#]*)(.*)$ ]]; then
      export "$name=${BASH_REMATCH[1]}$options${BASH_REMATCH[2]}"
    elif [ "$all" = all ]; then
      case $value in
        *\?*) export "$name=$value&options=${options#%20}" ;;
        *) export "$name=$value?options=${options#%20}" ;;
      esac
    fi
  done
}
