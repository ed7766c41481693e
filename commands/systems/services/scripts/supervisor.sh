# Defines the function `state`, which prints what supervisord says of the programs $NAMES, as JSON. It is asked as
# supervisorctl asks it: with the same Python, 2.7 or 3, and by the same settings. $explain: also why it cannot be asked, and
# what its files say that it has not read (as `supervisorctl reread` asks it, which starts and stops nothing).
IFS= read -r -d '' ask << 'END_OF_ASK' || true
import hashlib
import json
import os
import sys
import time

from supervisor.options import ClientOptions


def mark(path):
    """Where a log ends now, as logs/log_lines.sh reads it."""
    found = os.stat(path)
    try:
        with open(path, "rb") as log:
            head = hashlib.sha256(log.read(min(found.st_size, 65536))).hexdigest()[:16]
    except (IOError, OSError):
        head = ""  # this user may not read it
    return "%d:%d:%s:%.6f" % (found.st_size, found.st_ino, head, time.time())


def shown(one):
    logs = [path for path in (one["stdout_logfile"], one["stderr_logfile"]) if os.path.isfile(path)]
    return {
        "group": one["group"], "name": one["name"], "pid": one["pid"], "status": one["statename"],
        "said": one["description"], "uptime": one["now"] - one["start"], "below": below(one["pid"]),
        "logs": [[path, mark(path)] for path in logs],
    }


def below(pid):
    """The processes below one, which are others after a reload."""
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as file:
            return file.read().split()
    except (IOError, OSError):
        return []


def of(name, listed):
    """Those of a group, or the one that is named "group:process"."""
    return [one for one in listed if name in (one["group"], one["group"] + ":" + one["name"])]


def unread(supervisor):
    """The groups whose settings changed in its files, and those that its files no longer have."""
    try:
        (added, changed, removed), = supervisor.reloadConfig()
        return {"changed": changed, "removed": removed, "unreadable": False}
    except Exception as error:
        # without its words, which may quote a secret of theirs
        return {"changed": [], "removed": [], "unreadable": "CANT_REREAD" in str(error)}


def by_hand(supervisor):
    """What it does not start by itself; an old one does not say it."""
    try:
        return set((one["group"], one["name"]) for one in supervisor.getAllConfigInfo() if not one["autostart"])
    except Exception:
        return set()


program, names, looks = sys.argv[1], sys.argv[2].split("\n"), sys.argv[3]
sys.argv = [program]  # supervisorctl looks for its settings beside itself, too
options = ClientOptions()
options.realize(["status"], doc="")
try:
    supervisor = options.getServerProxy().supervisor
    listed = supervisor.getAllProcessInfo()
    left = by_hand(supervisor)
except Exception as error:
    sys.exit("%s: %s" % (options.serverurl, error))
print(json.dumps({
    "unread": unread(supervisor) if looks else None,
    "names": sorted(set(one["group"] for one in listed)),
    "missing": [name for name in names if not of(name, listed)],
    "by_hand": sorted(set(name for name in names for one in of(name, listed) if (one["group"], one["name"]) in left)),
    "processes": [dict(shown(one), service=name) for name in names for one in of(name, listed)],
}))
END_OF_ASK
state() {
  local program first python said
  program=$(command -v supervisorctl)
  IFS= read -r first < "$program"
  [[ $first =~ ^"#!".*python ]] || { echo "$program is not the one that supervisor's own package installs" >&2; return 1; }
  python=${first#"#!"}
  if said=$($SUDO $python - "$program" "$NAMES" "${explain:-}" 2>&1 <<< "$ask"); then printf '%s\n' "$said" | tail -n 1; return; fi
  [ -n "${explain:-}" ] || { printf '%s\n' "$said" >&2; return 1; }
  printf 'refused %s\n' "$(tail -n 1 <<< "$said")"
}
# what its files say that it has not read, for `remark`
unread() { NAMES=$name explain=yes state | sed 's/^/remark=/' >&2; }
