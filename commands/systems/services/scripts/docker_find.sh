# Defines the function `found`, which prints for each of $NAMES, with tabs between: "container", the name, a container's
# id, its number in its service, and its compose project or "-"; or "missing", the name; or "several", the name, the
# projects that have such a service; and, if one is missing, "known", the name of each container and each service. And "half", the
# name, the id and the name of a container that a compose which died in its middle has left beside another one of that number.
# A name is that of a container, or else of a service of compose, if need be as "project/service"; a container that has the
# name of its own service stands for the service.
found() {
  local listed
  listed=$(every_container) && found_in "$listed"
}
# the same among what `every_container` has listed
found_in() {
  LC_ALL=C sort -t '	' -k 3,3 -k 5,5n -k 2,2 <<< "$1" | LC_ALL=C awk -F '\t' '
    NF == 9 && $6 != "True" { # a container of compose run is none of its service
      sub("^/", "", $2); id[++n] = $1; name[n] = $2; project[n] = $3; service[n] = $4; number[n] = $5; status[n] = $7
      key[n] = $3 "/" $4 "/" $5; count_of[key[n]]++; made[key[n] "/" substr($1, 1, 12)] }
    function of_service(i, own) {
      return service[i] != "" && (project[i] "/" service[i] == wanted || service[i] == wanted && (own == "" || project[i] == own)) }
    function find(    i, hits, projects, before, own) {
      for (i = 1; i <= n; i++) if (name[i] == wanted) {
        if (service[i] != wanted) { print "container", wanted, id[i], "-", "-"; return }
        own = project[i] }
      for (i = 1; i <= n; i++) if (!(i in half) && of_service(i, own)) {
        if (!hits++) projects = project[i]; else if (project[i] != before) projects = projects ", " project[i]
        before = project[i] }
      if (!hits) { print "missing", wanted; unknown = 1 }
      else if (projects ~ /, /) print "several", wanted, projects
      else for (i = 1; i <= n; i++) if (of_service(i, own)) {
        if (i in half) print "half", wanted, id[i], name[i]
        else print "container", wanted, id[i], number[i], project[i] } }
    END {
      OFS = "\t"
      # compose names it by the id of the one that it replaces, and older ones name that one by its own
      ended = "^(created|configured|initialized|exited|stopped|dead)$"
      for (i = 1; i <= n; i++)
        if (service[i] != "" && status[i] ~ ended && substr(name[i], 13, 1) == "_" && (key[i] "/" substr(name[i], 1, 12)) in made && count_of[key[i]] > 1) {
          half[i]; count_of[key[i]]-- }
      count = split(ENVIRON["NAMES"], names, "\n")
      for (w = 1; w <= count; w++) { wanted = names[w]; find() }
      if (unknown) for (i = 1; i <= n; i++) print "known", (service[i] == "" ? name[i] : service[i]) }'
}
# the id, name, compose project, service, number, whether it is of `compose run`, status, start and network of each container,
# with tabs between
every_container() {
  containers '{{.ID}}	{{.Name}}	{{with .Config.Labels}}{{index . "com.docker.compose.project"}}	{{index . "com.docker.compose.service"}}	{{index . "com.docker.compose.container-number"}}	{{index . "com.docker.compose.oneoff"}}{{else}}			{{end}}	{{.State.Status}}	{{json .State.StartedAt}}	{{.HostConfig.NetworkMode}}' --all
}
# containers FORMAT WORDS...: those that `docker ps WORDS` lists, each as `docker inspect` tells it, because podman's ps knows
# no labels. One may be removed between the two.
containers() {
  local format=$1 ids facts
  shift
  for _ in 1 2 3; do
    ids=$($SUDO docker ps --quiet --no-trunc "$@") || return
    [ -n "$ids" ] || return 0
    if facts=$(xargs $SUDO docker inspect --type container --format "$format" <<< "$ids" 2> /dev/null); then printf '%s\n' "$facts"; return; fi
  done
  # of one that is half removed docker tells nothing, as long as it is there
  [ -z "$facts" ] || { printf '%s\n' "$facts"; return; }
  xargs $SUDO docker inspect --type container --format "$format" <<< "$ids"
}
# docker logs, without what podman says of itself where it stands in docker's place
logs_of() { $SUDO docker logs "$@" 2>&1 | LC_ALL=C sed '/^Emulate Docker CLI using podman[.]/d'; }
# the time of the oldest line that docker has of container $1
oldest_of() { logs_of --timestamps -- "$1" | sed -n '1{s/ .*//p;q}' || true; }
