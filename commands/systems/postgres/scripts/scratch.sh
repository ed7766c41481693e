# A copy of the database on the server of $SCRATCH: created, restored from an archive, and dropped. Never production.
# in a subshell, so that production's address is in place again afterwards; limits that the scratch server sets for its
# user's own queries are too short for a copy
NO_LIMITS='-c statement_timeout=0 -c lock_timeout=0'
scratch() {
  (at_address "$SCRATCH"; export PGOPTIONS="$NO_LIMITS ${PGOPTIONS-} ${options-}" PGDATABASE=${copy:-$PGDATABASE}; "$@")
}
used() { psql -XqAt -v ON_ERROR_STOP=1 <<< "$USED"; }
# Refuses production itself, under any address, and a database that is not empty.
fits() {
  local here there there_used
  is_direct
  is_as_seen
  # without the start time, which a standby of production has of its own
  here=$(identity | cut -d / -f 1,2)
  there=$(scratch identity | cut -d / -f 1,2) || exit 71
  [ "$here" != "$there" ] || exit 72
  there_used=$(scratch used) || exit 71
  [ "$there_used" = 0 ] || exit 73
  in_english || { NO_LIMITS+=' -c lc_messages=C'; in_english; } || exit 85
  scratch is_direct
  # on production's own server, server-wide objects are not copies
  [ "${here%%/*}" != "${there%%/*}" ] || shared=yes
  # one name for each production database, so that the next attempt finds what a killed one left
  name=gonogo_copy_$(sha256sum <<< "$here" | cut -c 1-16)
}
# Whether the server's messages, by which a restore is judged, are in English (lc_messages).
in_english() { [[ $(scratch psql -Xqc 'SELECT gonogo_asks_for_an_error' 2>&1 || true) == *ERROR:* ]]; }
# What a restore says if the server itself broke it off or has no room for it.
SERVERS_OWN='terminating connection|server closed the connection|connection to server|the database system is|read-only transaction'
SERVERS_OWN+='|too many clients|remaining connection slots|out of (shared )?memory|canceling statement due to|unsupported version'
# what production's server has and another one may lack
LACKS='ICU is not supported|collation ".*" does not exist|extension ".*" is not available|could not (open extension control|access) file'
LACKS+='|could not load library|tablespace ".*" does not exist|invalid locale name'
# Restore. The only harmless errors do not concern the data: owners and privileges of roles that are missing there or that
# the scratch user may not act as, and a setting that pg_restore 17 uses on older servers.
HARMLESS='ERROR:  (role ".*" does not exist|must be able to SET ROLE ".*"|must be member of role ".*"'
HARMLESS+='|permission denied to change default privileges|unrecognized configuration parameter "transaction_timeout")$'
restore_by() {
  local code=0
  # without the notice that there was none
  scratch psql -Xqc 'SET client_min_messages = warning' -c "DROP DATABASE IF EXISTS $name WITH (FORCE)" || exit 81
  scratch psql -Xqc "CREATE DATABASE $name TEMPLATE template0" || exit 81
  made=$name
  copy=$made scratch pg_restore --jobs="$1" --dbname="$made" "$FILE" > "$FILE.said" 2>&1 || code=$?
  # several processes write to the file at once, so a line may be only the start of another one
  wrong=$(grep -E '(error|ERROR|FATAL|PANIC):' "$FILE.said" | grep -vE "$HARMLESS|^(pg_restore:|error:|could not execute query:| )*$" || true)
  [ "$code" = 0 ] || [ -n "$wrong" ] || grep -qE "$HARMLESS" "$FILE.said" || wrong=$(tail -n 5 "$FILE.said")
}
restore() {
  local wrong
  restore_by "$JOBS"
  if [ "$JOBS" != 1 ] && [ "$(copy=$made scratch order_matters 2> /dev/null || true)" = t ]; then restore_by 1; fi
  if [ -n "$wrong" ]; then
    # the first is the cause of most others
    head -n 4 <<< "${wrong:0:800}"
    grep -qE "$SERVERS_OWN" <<< "$wrong" && exit 83
    grep -qE "$LACKS" <<< "$wrong" && exit 82
    case $wrong in
      *'No space left on device'*) exit 80 ;;
      # a superuser lacks nothing: then somebody else does, for example the owner of a view
      *'ERROR:  permission denied'* | *'ERROR:  must be '*) [ "$(scratch psql -XqAtc 'SHOW is_superuser')" = on ] || exit 79 ;;
    esac
    exit 75
  fi
  copy=$made scratch psql -Xq -v ON_ERROR_STOP=1 <<< "$NO_MAPPINGS" || exit 79
}
# A proof leaves its copy for the rehearsal, marked with the checksum of its archive.
mark_proven() { scratch psql -Xqc "COMMENT ON DATABASE $made IS '$SHA256'"; }
take_proven() {
  local mark
  mark=$(scratch psql -XqAtc "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = '$name'")
  [ "$mark" = "$SHA256" ] || return 1
  made=$name
}
content() { copy=$made scratch psql -XqAt -v ON_ERROR_STOP=1 -v by="$1" <<< "$UNLIMITED$CONTENT"; }
drop_copy() {
  [ -n "${made-}" ] || return 0
  scratch psql -Xqc "DROP DATABASE IF EXISTS $made WITH (FORCE)" || echo "The copy $made could not be dropped."
}
# Refuses a scratch user that may not create databases.
may_copy() {
  [ "$(scratch psql -XqAtc 'SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user')" = t ] || exit 74
}
on_made() { copy=$made scratch "$@"; }
MAY_ACT="CASE WHEN current_setting('server_version_num')::int < 160000 THEN 'MEMBER' ELSE 'SET' END"
# Why owners and rights of the copy are not production's; empty if they are. What was granted to a role that is missing there was
# not restored, so its loss does not show; and so are the owners in $OWNERS (one a line) that the scratch user may not act as.
why_no_rights() {
  local names found
  names=$(psql -XqAt -v ON_ERROR_STOP=1 <<< "$ROLES_USED") || return
  found=$(scratch psql -XqAt -v ON_ERROR_STOP=1 -v names="$names" <<< "$ROLES_MISSING") || return
  [ -z "$found" ] || { printf 'the scratch server has no role %s' "$found"; return; }
  found=$(scratch psql -XqAt -v ON_ERROR_STOP=1 -v names="$OWNERS" <<< "SELECT string_agg(name, ', ' ORDER BY name)
    FROM unnest(string_to_array(:'names', E'\n')) AS name LEFT JOIN pg_roles ON rolname = name
    WHERE name !~ '^pg_' AND NOT coalesce(pg_has_role(oid, $MAY_ACT), false)") || return
  [ -z "$found" ] || printf 'the scratch user may not act as %s' "$found"
}
# across PRODUCTION COPY: the differences between production's list and that of its copy, without those that come from another
# version of the server: what the schema "public" begins with, and the right MAINTAIN, which is part of ALL from 17 on.
across() {
  if [ "$(psql -XAtc 'SHOW server_version_num' | cut -c 1-2)" = "$(scratch psql -XAtc 'SHOW server_version_num' | cut -c 1-2)" ]; then
    differences "$1" "$2"
  else
    differences <(same_everywhere "$1") <(same_everywhere "$2")
  fi
}
same_everywhere() {
  sed -E $'/\037(owner of|rights on|comment on) schema public\037/d; /^(default )?rights\037/s/=([a-zA-Z*]*)m([a-zA-Z*]*)(,|$)/=\\1\\2\\3/g' "$1"
}
