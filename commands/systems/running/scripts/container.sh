# what each container of NAME runs: the commit in its label, or the tag of its image, if that still means this image. A volume or a
# folder of the host in the place of its working folder hides what the image has there.
export NAMES=$NAME SUDO=
listed=$(found)
awk -F '\t' '$1 == "several" { print "several=" $3 }' <<< "$listed"
while IFS=$'\t' read -r what _ id number _; do
  [ "$what" = container ] || continue
  facts=$(docker inspect --type container --format '{{.State.Status}}
{{.Image}}
{{.Config.Image}}
{{with .Config.Labels}}{{index . "org.opencontainers.image.revision"}}{{end}}
{{.Config.WorkingDir}}
{{range .Mounts}}{{println .Destination}}{{end}}' -- "$id")
  { read -r status; read -r own; read -r image; read -r said || true; read -r folder || true; mapfile -t mounts; } <<< "$facts"
  if [ -z "$said" ] && [[ ${image##*/} == *:*[0-9]* && $image != *@* ]]; then
    [ "$(docker image inspect --format '{{.ID}}' -- "$image" 2> /dev/null || true)" != "$own" ] || said=${image##*:}
  fi
  for mount in ${mounts[@]+"${mounts[@]}"}; do
    [ -z "$mount" ] || [[ $folder/ != "$mount"/* ]] || said='(mounted)'
  done
  printf 'process=%s %s %s\n' "${number#-}" "${said:--}" "$status"
done <<< "$listed"
