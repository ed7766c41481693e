# Adds to PM2_SETTINGS, JavaScript, the function `unsaved(one, own)`: how what a reboot of the host would start of a service
# differs from `own`, all its processes: a word, and a value for it; or null. `pm2 save` writes that list, and the unit that
# `pm2 startup` makes starts what is in it. Where there is neither, and nobody started pm2 by hand, something else starts it.
IFS= read -r -d '' PM2_SAVED << 'END_OF_JAVASCRIPT' || true
const pm2_home = process.env.PM2_HOME || path.join(require("os").homedir(), ".pm2");
const saved = (() => { try { return JSON.parse(fs.readFileSync(path.join(pm2_home, "dump.pm2"), "utf8")); } catch { return null; } })();
const needs_list = () => fs.existsSync("/etc/systemd/system/pm2-" + require("os").userInfo().username + ".service") ||
  /\/session-[^/]*\.scope/.test(read("/proc/" + read(path.join(pm2_home, "pm2.pid")).trim() + "/cgroup"));
const started = ({ pm_cwd, pm_exec_path, args }) => path.relative(pm_cwd || "/", pm_exec_path || "/") + " " + words(args);
const unsaved = (one, own) => {
  if (!Array.isArray(saved)) return needs_list() ? ["none", ""] : null;
  const named = saved.filter((other) => other && other.name === one.name && (other.namespace || "default") === (one.pm2_env.namespace || "default"));
  const up = named.filter((other) => other.status !== "stopped"), now = one.pm2_env;
  if (!up.length) return [named.length ? "stopped" : "missing", ""];
  if (up.length < own.length) return ["fewer", up.length + " of " + own.length];
  if (up.some((other) => other.pm_cwd === now.pm_cwd && started(other) === started(now))) return null;
  return up[0].pm_cwd === now.pm_cwd ? ["command", up[0].pm_exec_path] : ["folder", up[0].pm_cwd];
};
END_OF_JAVASCRIPT
PM2_SETTINGS+=$PM2_SAVED
