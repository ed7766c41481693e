# what each process of NAME runs: by the folder in which it works since its start, or by the commit that pm2 read then
pm2 jlist | node -e '
const text = require("fs").readFileSync(0, "utf8");
const all = JSON.parse(text.split("\n").filter((line) => /^\[[{\]]/.test(line)).pop() || "[]");
for (const one of all.filter((other) => other.name === process.env.NAME).sort((a, b) => a.pm_id - b.pm_id))
  console.log(one.pm_id, one.pid || 0, (one.pm2_env.versioning || {}).revision || "-", one.pm2_env.status);' |
while read -r id pid revision status; do
  folder=$(readlink -e "/proc/$pid/cwd") || folder=
  said=$(named_commit "$folder")
  [ -n "$said" ] || said=$revision
  printf 'process=%s %s %s\n' "$id" "$said" "$status"
done
