// A message in the channel or the thread: author, time, blocks, files, reactions, and the link to its thread.

import { colourOf, create, initials, postAction } from "/page/dom.js";
import { renderBlock } from "/page/blocks.js";
import { emoji, mrkdwn } from "/page/mrkdwn.js";

const openFiles = new Set();
const fileContents = new Map();

export function renderMessage(message, context, { inThread = false } = {}) {
  const { snapshot } = context;
  const inMessage = { ...context, press: (element, value) => context.press(message.ts, element, value) };
  const blocks = message.blocks.map((block) => renderBlock(block, inMessage));
  const text = message.text ? mrkdwn(message.text, snapshot) : null;
  const author = authorOf(message, snapshot);
  return create(
    "article",
    { class: message.only_for ? "message ephemeral" : "message", "data-ts": message.ts },
    avatar(author),
    create(
      "div",
      { class: "content" },
      byline(message, author, context),
      message.only_for ? create("p", { class: "only" }, "👁 Only visible to you") : null,
      message.broadcast && !inThread ? create("p", { class: "only" }, "↪ replied in a thread") : null,
      ...(blocks.length ? blocks : [text]),
      ...(message.attachments ?? []).map((one) => renderAttachment(one, inMessage)),
      ...(message.files ?? []).map(renderFile),
      message.edited && !blocks.length ? create("small", { class: "edited" }, "(edited)") : null,
      renderReactions(message),
      inThread ? null : renderThreadLink(message, context),
    ),
  );
}

function authorOf(message, snapshot) {
  const { bot, people } = snapshot;
  if (message.user === bot.id) return { ...bot, isBot: true };
  return people.find((person) => person.id === message.user) ?? { id: message.user, name: message.user };
}

function avatar(author) {
  const created = create("div", { class: "avatar", "aria-hidden": "true" }, author.isBot ? "🚦" : initials(author.name));
  created.style.background = author.isBot ? "#23303f" : colourOf(author.id);
  return created;
}

function byline(message, author, context) {
  const format = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
  const time = new Date(Number(message.ts) * 1000).toLocaleTimeString([], format);
  return create(
    "div",
    { class: "byline" },
    create("b", {}, author.name),
    author.isBot ? create("span", { class: "app" }, "APP") : create("span", { class: "title" }, author.title ?? ""),
    create("time", {}, time),
    message.pinned ? create("span", { title: "Pinned" }, "📌") : null,
    ...shortcuts(message, context),
  );
}

// In Slack they are in the menu of a message.
function shortcuts(message, { snapshot, useShortcut }) {
  if (message.only_for) return [];
  const button = ([id, name]) =>
    create("button", { class: "shortcut", title: name, "aria-label": name, onclick: () => useShortcut(message.ts, id) }, "📝");
  return Object.entries(snapshot.shortcuts).map(button);
}

function renderAttachment(attachment, context) {
  const text = attachment.text ?? attachment.fallback ?? "";
  const body = attachment.blocks?.map((block) => renderBlock(block, context)) ?? [mrkdwn(text, context.snapshot)];
  const created = create("div", { class: "attachment" }, ...body);
  created.style.borderColor = attachment.color ?? "#ccc";
  return created;
}

function renderFile(file) {
  if (file.mimetype.startsWith("image/")) {
    const picture = create("img", { class: "big", src: file.url_private, alt: file.alt_txt || file.title });
    return create("figure", {}, create("figcaption", {}, file.title), picture);
  }
  if (file.mode !== "snippet") return create("a", { class: "file", href: file.url_private }, `📎 ${file.title}`);
  const body = create("pre", {}, fileContents.get(file.id) ?? "…");
  const toggle = async (event) => {
    if (!event.target.open) return openFiles.delete(file.id);
    openFiles.add(file.id);
    if (!fileContents.has(file.id)) fileContents.set(file.id, await (await fetch(file.url_private)).text());
    body.textContent = fileContents.get(file.id);
    return true;
  };
  const size = file.size > 1024 ? `${Math.round(file.size / 1024)} kB` : `${file.size} bytes`;
  const summary = create("summary", {}, `📄 ${file.title}`, create("small", {}, size));
  return create("details", { class: "file", open: openFiles.has(file.id), ontoggle: toggle }, summary, body);
}

function renderReactions(message) {
  if (!message.reactions) return null;
  const reactions = message.reactions.map((one) => create("span", {}, `${emoji(one.name)} ${one.count}`));
  return create("div", { class: "reactions" }, ...reactions);
}

function renderThreadLink(message, context) {
  if (message.only_for) return null;
  const root = message.thread_ts ?? message.ts;
  const replies = context.snapshot.messages.filter((one) => one.thread_ts === root && one.ts !== root).length;
  const label = replies ? `💬 ${replies === 1 ? "1 reply" : `${replies} replies`}` : "Reply in thread";
  const style = replies ? "thread-link" : "thread-link quiet";
  return create("button", { class: style, onclick: () => context.openThread(root) }, label);
}

export async function openHome(snapshot) {
  return postAction("home", { person: snapshot.person });
}
