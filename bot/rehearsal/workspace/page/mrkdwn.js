// Renders Slack's mrkdwn as DOM elements. No text is ever parsed as HTML.

import { create } from "/page/dom.js";

const EMOJI = {
  white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", warning: "⚠️", rocket: "🚀", rotating_light: "🚨",
  eyes: "👀", hourglass: "⌛", hourglass_flowing_sand: "⏳", bell: "🔔", tada: "🎉", thumbsup: "👍", "+1": "👍",
  thumbsdown: "👎", "-1": "👎", raised_hand: "✋", raising_hand: "🙋", rewind: "⏪", no_entry: "⛔",
  construction: "🚧", lock: "🔒", pushpin: "📌", memo: "📝", question: "❓", exclamation: "❗", stopwatch: "⏱️",
  checkered_flag: "🏁", leftwards_arrow_with_hook: "↩️", large_green_circle: "🟢", red_circle: "🔴",
  large_yellow_circle: "🟡", white_circle: "⚪", arrow_right: "➡️", fire: "🔥", wrench: "🔧",
  speech_balloon: "💬", wave: "👋", pray: "🙏",
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

export function renderText(text, snapshot) {
  if (text.type === "mrkdwn") return mrkdwn(text.text, snapshot, { links: !text.verbatim });
  return create("span", {}, plain(text.text));
}

export function emoji(name) {
  return EMOJI[name] ?? `:${name}:`;
}

export function mrkdwn(text, snapshot, { links = true } = {}) {
  const holder = create("div", { class: "mrkdwn" });
  text.split(/```/).forEach((part, index) => {
    if (index % 2) holder.append(create("pre", {}, decode(part.replace(/^\n|\n$/g, ""))));
    else appendLines(part, holder, snapshot, links);
  });
  return holder;
}

function appendLines(text, holder, snapshot, links) {
  const trimmed = text.replace(/^\n|\n$/g, "");
  if (!trimmed) return;
  let quote = null;
  for (const line of trimmed.split("\n")) {
    const quoted = /^(?:&gt;|>)\s?(.*)/s.exec(line);
    const item = /^\s*(?:[•◦▪-]|(\d+)\.)\s+(.*)/s.exec(line);
    if (quoted) {
      quote ??= holder.appendChild(create("blockquote"));
      quote.append(create("div", {}, ...inline(quoted[1], snapshot, links)));
      continue;
    }
    quote = null;
    if (item) {
      const mark = create("span", { class: "mark" }, item[1] ? `${item[1]}.` : "•");
      holder.append(create("div", { class: "item" }, mark, create("span", {}, ...inline(item[2], snapshot, links))));
    } else if (line === "") holder.append(create("div", { class: "gap" }));
    else holder.append(create("div", { class: "line" }, ...inline(line, snapshot, links)));
  }
}

function inline(text, snapshot, links) {
  const match = INLINE.exec(text);
  if (!match) return [decode(text)];
  const [whole, code, angle, bold, italic, strike, name, address] = match;
  const after = inline(text.slice(match.index + whole.length), snapshot, links);
  const before = decode(text.slice(0, match.index));
  const nested = (tag, inner) => create(tag, {}, ...inline(inner, snapshot, links));
  let rendered;
  if (code !== undefined) rendered = create("code", {}, decode(code));
  else if (angle !== undefined) rendered = special(angle, snapshot);
  else if (bold !== undefined) rendered = nested("b", bold);
  else if (italic !== undefined) rendered = nested("i", italic);
  else if (strike !== undefined) rendered = nested("s", strike);
  else if (name !== undefined) rendered = emoji(name);
  else rendered = links ? link(address, address) : address;
  return [before, rendered, ...after];
}

function special(inner, snapshot) {
  const [target, label] = inner.split("|");
  if (target.startsWith("@")) {
    const id = target.slice(1);
    const known = snapshot.people.find((person) => person.id === id) ?? (snapshot.bot.id === id ? snapshot.bot : null);
    return mention(`@${known?.name ?? label ?? id}`, id === snapshot.person);
  }
  if (target.startsWith("#")) {
    const channel = snapshot.channels.find((one) => one.id === target.slice(1));
    return mention(`#${channel?.name ?? label ?? target.slice(1)}`, false);
  }
  if (target.startsWith("!subteam^")) {
    const group = target.slice(9);
    return mention(label ?? `@${group}`, (snapshot.groups[group] ?? []).includes(snapshot.person));
  }
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(`@${target.slice(1)}`, true);
  if (target.startsWith(`${location.origin}/?`)) {
    const here = `${decode(target)}&person=${encodeURIComponent(snapshot.person)}`;
    return create("a", { href: here }, decode(label ?? target));
  }
  if (/^(https?:|mailto:)/.test(target)) return link(decode(target), decode(label ?? target));
  return `<${inner}>`;
}

function mention(text, mine) {
  return create("span", { class: mine ? "mention mine" : "mention" }, decode(text));
}

function link(address, label) {
  return create("a", { href: address, target: "_blank", rel: "noreferrer noopener" }, label);
}

function date(target, label) {
  const [, seconds, format] = target.split("^");
  const time = new Date(Number(seconds) * 1000);
  if (Number.isNaN(time.getTime())) return decode(label ?? "");
  const hour = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const parts = {
    date_num: time.toISOString().slice(0, 10),
    date: time.toLocaleDateString([], { dateStyle: "long" }),
    date_short: time.toLocaleDateString([], { dateStyle: "medium" }),
    date_long: time.toLocaleDateString([], { dateStyle: "full" }),
    date_pretty: time.toLocaleDateString([], { dateStyle: "long" }),
    date_short_pretty: time.toLocaleDateString([], { dateStyle: "medium" }),
    date_long_pretty: time.toLocaleDateString([], { dateStyle: "full" }),
    time: time.toLocaleTimeString([], hour),
    time_secs: time.toLocaleTimeString([], { ...hour, second: "2-digit" }),
    ago: `${Math.max(0, Math.round((Date.now() - time.getTime()) / 60000))} minutes ago`,
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => parts[name] ?? whole);
}
