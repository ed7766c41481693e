# Defines PM2_SETTINGS, JavaScript with the function `unread(one, all)`: the file of settings that pm2 has not read as it is now for
# one of its processes, and which of its settings differ; or only the file where that cannot be told and it is newer than the last
# start; or null. pm2 does not say by which file it started a service: it is one that names it, in its folder or above in its
# repository. What the file says is compared with what pm2 has kept; its text runs alone for that, without the environment,
# files or modules, as pm2 itself runs it with all of them.
IFS= read -r -d '' PM2_SETTINGS << 'END_OF_JAVASCRIPT' || true
const fs = require("fs"), path = require("path"), vm = require("vm");
const NAMED = /^(ecosystem|pm2|process|processes)(\.[\w.-]+)?\.(js|cjs|mjs|json|json5|yaml|yml)$/;
const OTHERS = /\.config\.(js|cjs|mjs|json|json5|yaml|yml)$/;
const read = (file) => { try { return fs.statSync(file).size < 1e6 ? fs.readFileSync(file, "utf8") : ""; } catch { return ""; } };
const files_of = (folder, name) => {
  const word = (text) => new RegExp("(^|[^\\w-])" + text + "([^\\w-]|$)");
  let listed = [];
  try { listed = fs.readdirSync(folder).sort(); } catch { return []; }
  return listed.filter((one) => NAMED.test(one) || OTHERS.test(one)).slice(0, 50).map((one) => path.join(folder, one)).filter(
    (file) => word(name.replace(/[^\w-]/g, "\\$&")).test(read(file)) && (NAMED.test(path.basename(file)) || word("apps").test(read(file))));
};
const yaml = () => require(require.resolve("js-yaml", { paths: process.env.PATH.split(":").flatMap((folder) => {
  try { return [path.dirname(fs.realpathSync(path.join(folder, "pm2")))]; } catch { return []; } }) }));
const said = (file) => {
  const text = read(file);
  if (/\.json5?$/.test(file)) return JSON.parse(text);
  if (/\.ya?ml$/.test(file)) return yaml().load(text);
  const module = { exports: {} }, known = { path, os: require("os") };
  const need = (name) => { if (known[name]) return known[name]; throw new Error("unknown"); };
  vm.runInNewContext(text, { module, exports: module.exports, require: need, __dirname: path.dirname(file), __filename: file }, { timeout: 200 });
  return module.exports;
};
const one_of = (file, name) => [].concat(said(file)).flatMap((all) => all.apps || all.pm2 || all).find((app) => app.name === name);
const words = (args) => [].concat(args === undefined || args === null ? [] : args).join(" ").replace(/["\s]+/g, " ").trim();
// the names of what differs; null if the file cannot be compared
const differing = (file, one) => {
  let app;
  try { app = one_of(file, one.name); } catch { return null; }
  if (!app) return null;
  const kept = one.pm2_env, env = kept.env || {}, blocks = Object.keys(app).filter((key) => /^env(_|$)/.test(key)).map((key) => app[key] || {});
  const plain = (value) => ["string", "number", "boolean"].includes(typeof value);
  const found = [...new Set(blocks.flatMap(Object.keys))].filter((key) => {
    const values = blocks.filter((block) => key in block).map((block) => block[key]), has = key in env ? env[key] : kept[key];
    if (key === app.increment_var || !values.every(plain)) return false;
    return has === undefined ? key in (app.env || {}) && !app.filter_env : plain(has) && !values.map(String).includes(String(has)); });
  if (words(app.args) !== words(kept.args)) found.push("args");
  if (app.instances > 0 && kept.instances > 0 && app.instances !== kept.instances) found.push("instances");
  const script = app.script && path.resolve(path.dirname(file), app.cwd || "", app.script);
  if (script && fs.existsSync(script) && path.basename(script) !== path.basename(kept.pm_exec_path || "")) found.push("script");
  return found.filter((key) => /^[A-Za-z_]\w{0,60}$/.test(key));
};
// a file that cannot be compared counts if it changed; in a release of its own, if it is another one than in the old folder
const is_newer = (file, one) => {
  const { pm_cwd: folder, created_at: since } = one.pm2_env;
  if (!since || fs.statSync(file).mtimeMs <= since) return false;
  try {
    const now = fs.realpathSync("/proc/" + one.pid + "/cwd");
    return now === fs.realpathSync(folder) || read(path.join(now, path.relative(folder, file))) !== read(file);
  } catch { return true; }
};
const unread = (one) => {
  for (let at = one.pm2_env.pm_cwd, up = 0; at && up < 4; at = path.dirname(at), up++) {
    const found = files_of(at, one.name).map((file) => ({ file, differ: differing(file, one) }));
    if (found.some(({ differ }) => differ && !differ.length)) return null;
    const changed = found.find(({ differ }) => differ) || found.find(({ file }) => is_newer(file, one));
    if (found.length) return changed ? { file: changed.file, differ: changed.differ || [] } : null;
    if (fs.existsSync(path.join(at, ".git"))) return null;
  }
  return null;
};
END_OF_JAVASCRIPT
