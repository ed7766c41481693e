# the commit that the folder behind LINK names; a working copy would only repeat what the clone says
folder=$([ -e "$LINK" ] && readlink -f "$LINK") || exit 65
printf 'folder=%s\nsaid=%s\n' "$folder" "$(named_commit "$folder")"
