// A message as the channel and the thread show it: who, when, blocks, files, reactions, and the way into its thread.

import { act, colour, initials, make } from "/page/dom.js";
import { showBlock } from "/page/blocks.js";
import { emoji, mrkdwn } from "/page/mrkdwn.js";

const opened = new Set();
const contents = new Map();

export function showMessage(message, context, { inThread = false } = {}) {
  const { seen } = context;
  const isBot = message.user === seen.bot.id;
  const author = isBot ? seen.bot : seen.people.find((person) => person.id === message.user);
  const name = author?.name ?? message.user;
  const avatar = make("div", { class: "avatar", "aria-hidden": "true" }, isBot ? "🚦" : initials(name));
  avatar.style.background = isBot ? "#23303f" : colour(message.user);
  const time = new Date(Number(message.ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  const placed = { ...context, press: (element, value) => context.press(message.ts, element, value) };
  const blocks = message.blocks.map((block) => showBlock(block, placed));
  return make(
    "article",
    { class: message.only_for ? "message ephemeral" : "message", "data-ts": message.ts },
    avatar,
    make(
      "div",
      { class: "content" },
      make(
        "div",
        { class: "byline" },
        make("b", {}, name),
        isBot ? make("span", { class: "app" }, "APP") : make("span", { class: "title" }, author?.title ?? ""),
        make("time", {}, time),
        message.pinned ? make("span", { title: "Pinned" }, "📌") : null,
      ),
      message.only_for ? make("p", { class: "only" }, "👁 Only visible to you") : null,
      message.broadcast && !inThread ? make("p", { class: "only" }, "↪ replied in a thread") : null,
      ...(blocks.length ? blocks : [message.text ? mrkdwn(message.text, seen) : null]),
      ...(message.attachments ?? []).map((one) => attachment(one, placed)),
      ...(message.files ?? []).map(file),
      message.edited && !blocks.length ? make("small", { class: "edited" }, "(edited)") : null,
      reactions(message),
      inThread ? null : threadLink(message, context),
    ),
  );
}

function attachment(one, context) {
  const body = one.blocks ? one.blocks.map((block) => showBlock(block, context)) : [mrkdwn(one.text ?? one.fallback ?? "", context.seen)];
  const made = make("div", { class: "attachment" }, ...body);
  made.style.borderColor = one.color ?? "#ccc";
  return made;
}

function file(one) {
  if (one.mimetype.startsWith("image/")) {
    const picture = make("img", { class: "big", src: one.url_private, alt: one.alt_txt || one.title });
    return make("figure", {}, make("figcaption", {}, one.title), picture);
  }
  if (one.mode !== "snippet") return make("a", { class: "file", href: one.url_private }, `📎 ${one.title}`);
  const body = make("pre", {}, contents.get(one.id) ?? "…");
  const unfold = async (event) => {
    if (!event.target.open) return opened.delete(one.id);
    opened.add(one.id);
    if (!contents.has(one.id)) contents.set(one.id, await (await fetch(one.url_private)).text());
    body.textContent = contents.get(one.id);
    return true;
  };
  const size = one.size > 1024 ? `${Math.round(one.size / 1024)} kB` : `${one.size} bytes`;
  const summary = make("summary", {}, `📄 ${one.title}`, make("small", {}, size));
  return make("details", { class: "file", open: opened.has(one.id), ontoggle: unfold }, summary, body);
}

function reactions(message) {
  if (!message.reactions) return null;
  const marks = message.reactions.map((one) => make("span", {}, `${emoji(one.name)} ${one.count}`));
  return make("div", { class: "reactions" }, ...marks);
}

function threadLink(message, context) {
  const root = message.thread_ts ?? message.ts;
  const answers = context.seen.messages.filter((one) => one.thread_ts === root && one.ts !== root);
  const words = answers.length === 1 ? "1 reply" : `${answers.length} replies`;
  if (message.only_for) return null;
  const label = answers.length ? `💬 ${words}` : "Reply in thread";
  return make("button", { class: answers.length ? "thread-link" : "thread-link quiet", onclick: () => context.openThread(root) }, label);
}

export async function openHome(seen) {
  return act("home", { person: seen.person });
}
