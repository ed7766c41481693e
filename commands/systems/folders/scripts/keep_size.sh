# size_of FOLDER: the number of its files and their bytes; by these a copy of which files are gone is told from a whole one
size_of() { find "$1" ! -type d -printf '%s\n' | awk '{ n += $1 } END { printf "%d files %.0f bytes\n", NR, n }'; }
tell_files() { printf 'files=%s\n' "${1%% *}"; }
COPIES="$STORE/of-$NAME"
