// Slack's mrkdwn, turned into elements; nothing of it ever becomes HTML by itself.

import { make } from "/page/dom.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rocket: "🚀", rotating_light: "🚨",
  eyes: "👀", hourglass: "⌛", hourglass_flowing_sand: "⏳", bell: "🔔", tada: "🎉", thumbsup: "👍", "+1": "👍",
  thumbsdown: "👎", "-1": "👎", raised_hand: "✋", raising_hand: "🙋", rewind: "⏪", no_entry: "⛔", construction: "🚧",
  lock: "🔒", pushpin: "📌", memo: "📝", question: "❓", exclamation: "❗", stopwatch: "⏱️", checkered_flag: "🏁",
  leftwards_arrow_with_hook: "↩️", large_green_circle: "🟢", red_circle: "🔴", large_yellow_circle: "🟡",
  white_circle: "⚪", arrow_right: "➡️", fire: "🔥", wrench: "🔧", speech_balloon: "💬", wave: "👋", pray: "🙏",
};
const INLINE = new RegExp(
  [
    "`([^`\\n]+)`",
    "<([^<>\\n]+)>",
    "(?<![\\w*])\\*([^\\s*](?:[^*\\n]*[^\\s*])?)\\*(?![\\w*])",
    "(?<![\\w_])_([^\\s_](?:[^_\\n]*[^\\s_])?)_(?![\\w_])",
    "(?<![\\w~])~([^\\s~](?:[^~\\n]*[^\\s~])?)~(?![\\w~])",
    ":([a-z0-9_+-]+):",
    "(\\bhttps?://[^\\s<>]+)",
  ].join("|"),
  "u",
);

export function decode(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

export function plain(text) {
  return decode(text).replace(/:([a-z0-9_+-]+):/g, (whole, name) => EMOJI[name] ?? whole);
}

export function emoji(name) {
  return EMOJI[name] ?? `:${name}:`;
}

export function mrkdwn(text, seen, { links = true } = {}) {
  const holder = make("div", { class: "mrkdwn" });
  text.split(/```/).forEach((part, place) => {
    if (place % 2) holder.append(make("pre", {}, decode(part.replace(/^\n|\n$/g, ""))));
    else lines(part, holder, seen, links);
  });
  return holder;
}

function lines(text, holder, seen, links) {
  const trimmed = text.replace(/^\n|\n$/g, "");
  if (!trimmed) return;
  let quote = null;
  for (const line of trimmed.split("\n")) {
    const quoted = /^(?:&gt;|>)\s?(.*)/s.exec(line);
    const item = /^\s*(?:[•◦▪-]|(\d+)\.)\s+(.*)/s.exec(line);
    if (quoted) {
      quote ??= holder.appendChild(make("blockquote"));
      quote.append(make("div", {}, ...inline(quoted[1], seen, links)));
      continue;
    }
    quote = null;
    if (item) {
      const mark = make("span", { class: "mark" }, item[1] ? `${item[1]}.` : "•");
      holder.append(make("div", { class: "item" }, mark, make("span", {}, ...inline(item[2], seen, links))));
    } else if (line === "") holder.append(make("div", { class: "gap" }));
    else holder.append(make("div", { class: "line" }, ...inline(line, seen, links)));
  }
}

function inline(text, seen, links) {
  const found = INLINE.exec(text);
  if (!found) return [decode(text)];
  const [whole, code, angle, bold, italic, strike, name, bare] = found;
  const after = inline(text.slice(found.index + whole.length), seen, links);
  const before = decode(text.slice(0, found.index));
  const nested = (tag, inner) => make(tag, {}, ...inline(inner, seen, links));
  let made;
  if (code !== undefined) made = make("code", {}, decode(code));
  else if (angle !== undefined) made = special(angle, seen);
  else if (bold !== undefined) made = nested("b", bold);
  else if (italic !== undefined) made = nested("i", italic);
  else if (strike !== undefined) made = nested("s", strike);
  else if (name !== undefined) made = emoji(name);
  else made = links ? link(bare, bare) : bare;
  return [before, made, ...after];
}

function special(inner, seen) {
  const [target, label] = inner.split("|");
  if (target.startsWith("@")) {
    const id = target.slice(1);
    const known = seen.people.find((person) => person.id === id) ?? (seen.bot.id === id ? seen.bot : null);
    return mention(`@${known?.name ?? label ?? id}`, id === seen.person);
  }
  if (target.startsWith("#")) {
    const channel = seen.channels.find((one) => one.id === target.slice(1));
    return mention(`#${channel?.name ?? label ?? target.slice(1)}`, false);
  }
  if (target.startsWith("!subteam^")) {
    const group = target.slice(9);
    return mention(label ?? `@${group}`, (seen.groups[group] ?? []).includes(seen.person));
  }
  if (target.startsWith("!date^")) return moment(target, label);
  if (target.startsWith("!")) return mention(`@${target.slice(1)}`, true);
  if (/^(https?:|mailto:)/.test(target)) return link(decode(target), decode(label ?? target));
  return `<${inner}>`;
}

function mention(text, mine) {
  return make("span", { class: mine ? "mention mine" : "mention" }, decode(text));
}

function link(address, label) {
  return make("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, label);
}

function moment(target, label) {
  const [, seconds, format] = target.split("^");
  const date = new Date(Number(seconds) * 1000);
  if (Number.isNaN(date.getTime())) return decode(label ?? "");
  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const words = {
    date_num: date.toISOString().slice(0, 10),
    date: date.toLocaleDateString([], { dateStyle: "long" }),
    date_short: date.toLocaleDateString([], { dateStyle: "medium" }),
    date_long: date.toLocaleDateString([], { dateStyle: "full" }),
    date_pretty: date.toLocaleDateString([], { dateStyle: "long" }),
    date_short_pretty: date.toLocaleDateString([], { dateStyle: "medium" }),
    date_long_pretty: date.toLocaleDateString([], { dateStyle: "full" }),
    time: date.toLocaleTimeString([], hour),
    time_secs: date.toLocaleTimeString([], { ...hour, second: "2-digit" }),
    ago: `${Math.max(0, Math.round((Date.now() - date.getTime()) / 60000))} minutes ago`,
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => words[name] ?? whole);
}
