# Defines the function `state`, which prints all names that pm2 has and each process of the services $NAMES as JSON: pm2
# lists one row for each instance. A name that no service has may be a namespace, as in the commands of pm2. The list contains
# each service's whole environment with its secrets, so only what is judged leaves the host. What crashes before it says that it
# is ready (wait_ready) stays "online" there, without a process.
state() { pm2 jlist | node -e "$PM2_SETTINGS"'
const crypto = require("crypto"), text = fs.readFileSync(0, "utf8"), now = Date.now();
const all = JSON.parse(text.split("\n").filter((line) => /^\[[{\]]/.test(line)).pop() || "[]");
const mark = (file) => {
  if (!fs.existsSync(file)) return "0:::" + now / 1000;
  const { size, ino } = fs.statSync(file), head = Buffer.alloc(Math.min(size, 65536));
  if (size) fs.readSync(fs.openSync(file), head, 0, head.length, 0);
  return [size, ino, crypto.createHash("sha256").update(head).digest("hex").slice(0, 16), now / 1000].join(":"); };
const own = (name) => {
  const named = all.filter((other) => other.name === name);
  const found = named.length ? named : all.filter((other) => other.pm2_env.namespace === name);
  return found.sort((a, b) => a.pm_id - b.pm_id); };
const wanted = process.env.NAMES.split("\n");
console.log(JSON.stringify({ names: [...new Set(all.map((other) => other.name))],
  missing: wanted.filter((name) => !own(name).length), processes: wanted.flatMap(own).map((one) => ({
    service: one.name, id: one.pm_id, pid: one.pid || 0, restarts: one.pm2_env.restart_time,
    status: one.pm2_env.status + (one.pm2_env.status === "online" && !one.pid ? " without a process" : ""),
    cron: String(one.pm2_env.cron_restart || ""), watch: !!one.pm2_env.watch && one.pm2_env.watch !== "false" ||
      [].concat(one.pm2_env.node_args || []).some((word) => /^--watch/.test(word)),
    unread: unread(one), unsaved: unsaved(one, all.filter((other) => other.name === one.name)), uptime: (now - (one.pm2_env.pm_uptime || 0)) / 1000,
    out: one.pm2_env.pm_out_log_path, err: one.pm2_env.pm_err_log_path,
    out_from: mark(one.pm2_env.pm_out_log_path), err_from: mark(one.pm2_env.pm_err_log_path),
    without_lines: [one.pm2_env.pm_out_log_path, one.pm2_env.pm_err_log_path].filter(
      (file) => fs.existsSync(file) && !fs.statSync(file).isFile()) })) }));
for (const one of wanted.flatMap(own)) console.log([one.name, one.pm2_env.pm_cwd, one.pid || 0, (one.pm2_env.env || {}).PWD].join("\t"));' |
  { IFS= read -r list || true
    printf '%s\n' "$list"
    while IFS=$'\t' read -r name folder pid way; do
      watching "$pid" | while IFS= read -r option; do printf '\t%s\t%s\n' "$name" "$option"; done
      real=$(readlink -e "$folder") || real=$folder
      kept=; [ "$real" != "$folder" ] || kept=kept
      left_release "$real" "$kept" "$way" | while IFS= read -r left; do printf '%s\t%s\n' "$name" "$left"; done
    done; }
}
