# Defines the function `state`: what `found` prints, and with tabs before: of each container as JSON only what is judged of
# it, because all that docker tells holds secrets; the processes below it, which a reload replaces; and the time now.
# $explain: also why docker or compose cannot be asked.
state() {
  local every said one id pid image folder binds=() until=$((SECONDS + 5))
  local -A seen=() compared=()
  if ! every=$(every_container 2>&1); then
    [ -n "${explain:-}" ] || { printf '%s\n' "$every" >&2; return 1; }
    printf 'refused\t%s\n' "$(tail -n 1 <<< "$every")"
    return
  fi
  said=$(found_in "$every")
  printf '%s\n' "$said"
  # one that was removed meanwhile is left out
  while IFS= read -r one; do
    case $one in bind$'\t'*) binds+=("${one#*$'\t'}"); continue ;; esac
    printf 'facts\t%s\n' "$one"
    id=$(sed -E 's/^\{"id":"([0-9a-f]+).*/\1/' <<< "$one") folder=$(sed -E 's/.*"folder":"([^"]*)".*/\1/' <<< "$one")
    unbooted "$id" "$folder" "$one" "$every"
    compose_left "$id" "$folder"
    pid=$(sed -E 's/.*"pid":([0-9]+)\}$/\1/' <<< "$one")
    image=$(sed -E 's/.*"image":"([^"]*)".*/\1/' <<< "$one")
    [ -n "${seen[$image]:-}" ] || printf 'means\t%s\t%s\n' "$image" "$($SUDO docker image inspect --format '{{.Id}}' -- "$image" 2> /dev/null || true)"
    seen[$image]=1
    [ -z "${explain:-}" ] || watches "$id" "$pid" ${binds[@]+"${binds[@]}"}
    mounts_left "$id" "$pid" ${binds[@]+"${binds[@]}"}
    binds=()
    [ "$pid" = 0 ] || printf 'below\t%s\t%s\n' "$id" "$(cat "/proc/$pid/task/$pid/children" 2> /dev/null || true)"
  done < <(awk -F '\t' '$1 == "container" { print $3 }' <<< "$said" | xargs -r $SUDO docker inspect --type container --format \
    '{{range .Mounts}}{{if eq .Type "bind"}}bind	{{.Source}}	{{println .Destination}}{{end}}{{end}}{"id":{{json .ID}},"image":{{json .Config.Image}},"image_id":{{json .Image}},"status":{{json .State.Status}},"code":{{.State.ExitCode}},"oom":{{.State.OOMKilled}},"health":{{if .State.Health}}{{json .State.Health.Status}}{{else}}""{{end}},"started":{{json .State.StartedAt}},"restarts":{{.RestartCount}},"log":{{json .HostConfig.LogConfig.Type}},"of":{{with .Config.Labels}}{{json (index . "com.docker.compose.service")}}{{else}}""{{end}},"in":{{with .Config.Labels}}{{json (index . "com.docker.compose.project")}}{{else}}""{{end}},"folder":{{with .Config.Labels}}{{json (index . "com.docker.compose.project.working_dir")}}{{else}}""{{end}},"policy":{{json .HostConfig.RestartPolicy.Name}},"kept_by":{{with .Config.Labels}}{{with index . "com.docker.swarm.service.name"}}{{json .}}{{else}}{{json (index . "PODMAN_SYSTEMD_UNIT")}}{{end}}{{else}}""{{end}},"pid":{{.State.Pid}}}' 2> /dev/null)
  sharing "$every"
  one_offs "$every" "$said"
  beside "$every" "$said"
  printf 'now\t%s\n' "$(date +%s.%N | sed 's/[.][^0-9].*//')" # not each date knows %N
  [ -z "${explain:-}" ] || { compose_problems "$said"; ! is_off || printf 'off\t%s\n' "$(daemon)"; }
}
# watches ID PID SOURCE⇥DESTINATION…: "watches", the id of a container that has a folder of the host, and what `watching` prints of it
watches() {
  local id=$1 pid=$2 one
  shift 2
  for one; do
    [ -d "${one%%$'\t'*}" ] || continue
    watching "$pid" | sed "s/^/watches\t$id\t/"
    return
  done
}
# unbooted ID FOLDER FACTS LISTED: "unbooted", the id and the restart policy of a container that docker starts no more after a reboot of the
# host, unless a manager of containers keeps it or a unit of systemd names it or its project's folder
unbooted() {
  local id=$1 folder=$2 policy name
  [[ $3 =~ \"policy\":\"([a-z-]*)\",\"kept_by\":\"\", ]] && policy=${BASH_REMATCH[1]} || return 0
  [[ $policy != always && $policy != unless-stopped ]] && boots || return 0
  name=$(awk -F '\t' -v id="$id" '$1 == id { sub("^/", "", $2); print $2 }' <<< "$4")
  grep -rqswF --include='*.service' -e "$name" -e "${folder:-$name}" /etc/systemd/system || printf 'unbooted\t%s\t%s\n' "$id" "$policy"
}
# one_offs LISTED FOUND: "one-off" and the name of each running container of `compose run` of a service that was found, unless
# it is of the image that the service has now
one_offs() {
  local id name own image
  awk -F '\t' 'FNR == 1 { part++ } part == 1 { if ($1 == "container") ids[$3]; next }
    part == 2 { if ($1 in ids) ours[$3 "/" $4] = $1; next }
    $6 == "True" && $7 == "running" && ($3 "/" $4) in ours { sub("^/", "", $2); print $1 "\t" $2 "\t" ours[$3 "/" $4] }' \
    <(printf '%s\n' "$2") <(printf '%s\n' "$1") <(printf '%s\n' "$1") |
    while IFS=$'\t' read -r id name own; do
      # one that was removed meanwhile is left out
      image=$(image_of "$id" 2> /dev/null) && own=$(image_of "$own" 2> /dev/null) || continue
      [ "$image" = "$own" ] || printf 'one-off\t%s\n' "$name"
    done
}
# beside LISTED FOUND: "beside", the image, its tag, the name, the service and the start of each container that runs in a project
# of those found, but those themselves
beside() {
  awk -F '\t' 'FNR == 1 { part++ } part == 1 { if ($1 == "container" && $5 != "-") { ids[$3]; projects[$5] } next }
    $3 in projects && !($1 in ids) && $6 != "True" && $7 == "running" { print $1 }' <(printf '%s\n' "$2") <(printf '%s\n' "$1") |
    xargs -r $SUDO docker inspect --type container --format \
      'beside	{{.Image}}	{{.Config.Image}}	{{.Name}}	{{with .Config.Labels}}{{index . "com.docker.compose.project"}}/{{index . "com.docker.compose.service"}}{{end}}	{{json .State.StartedAt}}' 2> /dev/null || true
}
# what starts containers at boot: dockerd, or of podman a unit that looks for those with a restart policy
daemon() { case $(docker --version 2>&1) in *podman*) echo podman-restart.service ;; *) echo docker.service ;; esac; }
is_off() { boots && [ "$(systemctl show --property=LoadState,UnitFileState -- "$(daemon)" 2> /dev/null | sort | paste -s -d ' ')" = 'LoadState=loaded UnitFileState=disabled' ]; }
# whether this is a machine that boots, and no container
boots() { case $(cat /proc/1/comm) in systemd | *init* | launchd) ;; *) return 1 ;; esac; }
# sharing LISTED, of every_container: "shares", a container that runs in the network of another one: its id, its name, its project
# and its start; and of the other one the id, the name and the start, or nothing where it is gone. One that is there and does not
# run, or is not listed, such as that of a pod of podman, is not looked at.
sharing() {
  local line gone
  LC_ALL=C awk -F '\t' '
    NF == 9 && $7 ~ /^(running|paused|restarting)$/ {
      sub("^/", "", $2); gsub(/"/, "", $8); name[$1] = $2; id[$2] = $1; project[$1] = $3; start[$1] = $8; runs_in[$1] = $9 }
    END {
      OFS = "\t"
      for (one in name) if (sub(/^container:/, "", runs_in[one])) {
        other = runs_in[one] in name ? runs_in[one] : id[runs_in[one]]
        print (other == "" ? "gone=" runs_in[one] : ""), "shares", one, name[one], project[one], start[one], other, name[other], start[other] } }' <<< "$1" |
    while IFS= read -r line; do
      gone=${line%%$'\t'*}
      [ -z "$gone" ] || ! $SUDO docker inspect --type container -- "${gone#gone=}" > /dev/null 2>&1 || continue
      printf '%s\n' "${line#*$'\t'}"
    done || true
}
# why compose cannot read the files of a project, or is not there; and what it remarks on where it can
compose_problems() {
  local what name id number project said length
  local -A seen=()
  while IFS=$'\t' read -r what name id number project; do
    [ "$what" = container ] || continue
    # a container by its own name: its compose files are not used, but what is beside it counts
    if [ "$project" = - ]; then orphans_of "$id"; continue; fi
    [ -n "${seen[of $name]:-}" ] || unnamed_volumes "$id" | while IFS=$'\t' read -r _ what; do printf 'volume\t%s\t%s\n' "$name" "$what"; done
    [ -n "${seen[of $name]:-}" ] || printf 'next\t%s\t%s\n' "$id" "$(next_image "$id" "${name#"$project/"}" 2> /dev/null)"
    seen[of $name]=1
    [ -z "${seen[$project]:-}" ] || continue
    seen[$project]=1
    if said=$(compose_of "$id" config --quiet 2>&1); then what=remark length=2000; else what=compose length=300; fi
    printf '%s\t%s\t%s\n' "$what" "$project" "$(tr -s '[:space:]' ' ' <<< "$said" | head -c "$length")"
    [ "$what" = compose ] || orphans_of "$id"
  done <<< "$1"
}
# next_image ID SERVICE: what `given` prints; nothing where one of the compose files or the .env beside them was written since the
# container was made, such as for the next deploy
next_image() {
  local labels made one
  mapfile -t labels < <(labels_of "$1")
  made=$($SUDO docker inspect --type container --format '{{json .Created}}' -- "$1" | tr -d '"') && cd -- "${labels[1]-}" || return 0
  while IFS= read -r -d , one; do
    [ ! -e "$one" ] || [ -z "$(find -H "$one" -newermt "$made" 2>&1)" ] || return 0
  done <<< "${labels[2]-},${labels[3]:-.env},"
  given "$1" "$2"
}
# given ID SERVICE: the image that the compose files give a service, when it is pulled, and how many containers, each or "-"; nothing
# where they cannot be read
given() {
  compose_of "$1" config 2> /dev/null | SERVICE=$2 awk '
    function value() { gsub(/["\047]/, "", $2); return $2 }
    /^[^ #]/ { inside = $1 == "services:" }
    inside && /^  [^ ]/ { own = $1; gsub(/[":]|\047/, "", own) }
    inside && own == ENVIRON["SERVICE"] {
      if (/^    [^ ]/) part = $1
      if (/^    image: /) image = value()
      if (/^    pull_policy: /) pull = value()
      if (/^    scale: / || (part == "deploy:" && /^      replicas: /)) count = value()
      seen = 1 }
    END { if (seen) print (image == "" ? "-" : image) "\t" (pull == "" ? "-" : pull) "\t" (count == "" ? "-" : count) }' || true
}
# "orphan", the project, a container that runs and its service, with tabs between: the files of the project, by which
# container $1 was made, have no such service any more, so that compose leaves it alone
orphans_of() {
  local labels project folder files name service oneoff its_folder its_files known from
  local -A there=()
  mapfile -t labels <<< "$(labels_of "$1" 2> /dev/null)"
  project=${labels[0]-} folder=${labels[1]-} files=${labels[2]-}
  [ -n "$project" ] && known=$(services_in "$project" "$folder" "$files" "${labels[3]-}") || return 0
  while IFS='|' read -r name service oneoff its_folder its_files; do
    [ "$oneoff" != True ] && ! grep -qxF -- "$service" <<< "$known" || continue
    # other files of the project may be in use beside these; those of another release, in a folder beside this one, are not
    if [ "$its_files" != "$files" ] && { [ "$its_folder" = "$folder" ] || [ "${its_folder%/*}" != "${folder%/*}" ]; }; then
      from="$its_folder|$its_files"
      [ -n "${there[$from]-}" ] || there[$from]=$(services_in "$project" "$its_folder" "$its_files" '' && echo .) || there[$from]='?'
      [ "${there[$from]}" != '?' ] && ! grep -qxF -- "$service" <<< "${there[$from]}" || continue
    fi
    printf 'orphan\t%s\t%s\t%s\n' "$project" "${name#/}" "$service"
  done < <(containers '{{.Name}}{{with .Config.Labels}}|{{index . "com.docker.compose.service"}}|{{index . "com.docker.compose.oneoff"}}|{{index . "com.docker.compose.project.working_dir"}}|{{index . "com.docker.compose.project.config_files"}}{{end}}' --filter "label=com.docker.compose.project=$project")
}
# services_in PROJECT FOLDER FILES ENV: the services of all profiles that those of the files have which still exist; it fails
# where compose cannot read them
services_in() {
  local one files= words=()
  while IFS= read -r -d , one; do [ ! -e "$one" ] && [ ! -e "$2/$one" ] || files+=${files:+,}$one; done <<< "$3,"
  [ -n "$files" ] || return 0
  # an older compose 2 does not know that * means all profiles; compose 1 shows the services of all of them, and is slow
  ! $SUDO docker compose version > /dev/null 2>&1 || while IFS= read -r one; do words+=(--profile "$one"); done < <(
    compose_in "$1" "$2" "$files" "$4" config --profiles 2> /dev/null
  )
  compose_in "$1" "$2" "$files" "$4" --profile '*' ${words[@]+"${words[@]}"} config --services 2> /dev/null ||
    compose_in "$1" "$2" "$files" "$4" config --services 2> /dev/null
}
# compose with the project, the files and the settings by which it made a container
compose_of() {
  local id=$1 labels project folder files env
  shift
  labels=$(labels_of "$id") || return
  { read -r project; read -r folder; read -r files; read -r env || true; } <<< "$labels"
  compose_in "$project" "$folder" "$files" "$env" "$@"
}
labels_of() {
  $SUDO docker inspect --type container --format '{{with .Config.Labels}}{{index . "com.docker.compose.project"}}
{{index . "com.docker.compose.project.working_dir"}}
{{index . "com.docker.compose.project.config_files"}}
{{index . "com.docker.compose.project.environment_file"}}{{end}}' -- "$1"
}
# compose_in PROJECT FOLDER FILES ENV WORDS...
compose_in() {
  local project=$1 folder=$2 files=$3 env=$4 one words=() program=($SUDO docker-compose)
  shift 4
  while IFS= read -r -d , one; do words+=(--file "$one"); done <<< "$files,"
  while IFS= read -r -d , one; do [ -z "$one" ] || words+=(--env-file "$one"); done <<< "$env,"
  ! $SUDO docker compose version > /dev/null 2>&1 || program=($SUDO docker compose)
  (cd -- "$folder" && "${program[@]}" --project-directory "$folder" --project-name "$project" "${words[@]}" "$@")
}
# a container is restarted; a service of compose is made anew by its file, with as many containers as it has
restart_containers() {
  local ids project service before kept count said one
  said=$(NAMES=$name found)
  ids=$(awk -F '\t' '$1 == "container" { print $3, $5 }' <<< "$said")
  # compose would fail at it, and end the other one before that
  for one in $(awk -F '\t' '$1 == "half" { print $3 }' <<< "$said"); do $SUDO docker rm -- "$one" > /dev/null; done
  read -r id project <<< "$ids"
  orphans_of "$id" | sed 's/^/remark=/' >&2
  if [ "$project" = - ]; then $SUDO docker restart -- "$id" > /dev/null; return; fi
  service=${name#"$project/"} before=$(image_of "$id") kept=$(unnamed_volumes "$id") count=$(grep -c . <<< "$ids")
  compose_of "$id" up --detach --no-deps --force-recreate --scale "$service=$count" "$service" > /dev/null < /dev/null || return
  read -r id project <<< "$(NAMES=$name found | awk -F '\t' '$1 == "container" { print $3, $5 }')"
  said=$(given "$id" "$service") said=${said##*$'\t'}
  case $said in "$count" | - | '') ;; *) printf 'remark=count\t%s\t%s\t%s\n' "$name" "$count" "$said" >&2 ;; esac
  [ "$(image_of "$id")" != "$before" ] || return 0
  [ -z "$kept" ] || unnamed_volumes "$id" | grep -xF -- "$kept" | sed 's/^.*\t/remark=volume\t/' >&2 || true
}
image_of() { $SUDO docker inspect --type container --format '{{.Image}}' -- "$1"; }
# the volumes without a name that a container has, with the folder of each, but for those that its image asks for
unnamed_volumes() {
  local own
  own=$($SUDO docker image inspect --format '{{range $folder, $_ := .Config.Volumes}}{{println $folder}}{{end}}' -- "$(image_of "$1")" 2> /dev/null) || own=
  $SUDO docker inspect --type container --format '{{range .Mounts}}{{if eq .Type "volume"}}{{.Name}}	{{println .Destination}}{{end}}{{end}}' -- "$1" |
    OWN=$own awk -F '\t' 'BEGIN { n = split(ENVIRON["OWN"], folder, "\n"); while (n > 0) asked[folder[n--]] }
      length($1) == 64 && $1 !~ /[^0-9a-f]/ && !($2 in asked)'
}
# HUP, as the main processes of gunicorn, nginx or haproxy take it
reload_containers() {
  local ids
  ids=$(NAMES=$name found | awk -F '\t' '$1 == "container" { print $3 }')
  orphans_of "${ids%%$'\n'*}" | sed 's/^/remark=/' >&2
  xargs -r $SUDO docker kill --signal=HUP > /dev/null <<< "$ids"
}
