# what each process of NAME runs: by the folder in which it works since its start; by the commit that pm2 read then, or at
# which the clone in that folder was then; or by its version
pm2 jlist | node -e '
const text = require("fs").readFileSync(0, "utf8");
const all = JSON.parse(text.split("\n").filter((line) => /^\[[{\]]/.test(line)).pop() || "[]");
for (const one of all.filter((other) => other.name === process.env.NAME).sort((a, b) => a.pm_id - b.pm_id)) {
  const { versioning, version, pm_uptime: started, status } = one.pm2_env;
  console.log(one.pm_id, one.pid || 0, Math.floor((started || 0) / 1000), (versioning || {}).revision || "-",
    /^[0-9]\S*$/.test(version) ? version : "-",
    // pm2 goes on to call so what crashed before it was ready (wait_ready)
    status + (status === "online" && !one.pid ? " without a process" : "")); }' |
while read -r id pid started revision version status; do
  folder=$(readlink -e "/proc/$pid/cwd") || folder=
  said=$(named_commit "$folder" "$started")
  [ -n "$said" ] || said=${revision#-}
  [ -n "$said" ] || [ -z "$folder" ] || said=$(head_at "$folder" "$started") || said=
  printf 'process=%s %s %s\n' "$id" "${said:-$version}" "$status"
done
