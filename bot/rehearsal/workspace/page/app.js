// The page: fetches a snapshot of what the person sees after each change, renders it, and posts the person's actions.

import { create, postAction } from "/page/dom.js";
import { renderBlock } from "/page/blocks.js";
import { confirmAction, renderModal } from "/page/dialogs.js";
import { openHome, renderMessage } from "/page/messages.js";

const query = new URLSearchParams(location.search);
const state = {
  person: query.get("person") ?? "",
  channel: query.get("channel") ?? "",
  thread: query.get("thread"),
  message: query.get("message"), // a link to one message of the thread: it is scrolled to once
  snapshot: null,
};
const byId = (id) => document.getElementById(id);
const HOME = "home";
const rendered = new Map();

async function refresh() {
  const response = await fetch(`/snapshot?person=${encodeURIComponent(state.person)}`, { cache: "no-store" });
  state.snapshot = await response.json();
  state.person = state.snapshot.person;
  const { channels } = state.snapshot;
  const exists = state.channel === HOME || channels.some((channel) => channel.id === state.channel);
  if (!exists) state.channel = channels[0].id;
  render();
}

function render() {
  const { snapshot } = state;
  const isHome = state.channel === HOME;
  const context = { snapshot, press, useShortcut, openThread };
  renderPeople();
  renderChannels();
  renderHeading(isHome);
  const messages = snapshot.messages.filter((message) => message.channel === state.channel);
  const topLevel = messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.broadcast);
  const inChannel = reuse(topLevel, (message) => renderMessage(message, context));
  replaceChildren(byId("messages"), isHome ? renderHome(context) : inChannel);
  const thread = messages.filter((one) => state.thread && [one.ts, one.thread_ts].includes(state.thread));
  byId("thread").hidden = thread.length === 0;
  document.body.classList.toggle("in-thread", thread.length > 0);
  const inThread = reuse(thread, (message) => renderMessage(message, context, { inThread: true }), "in thread");
  replaceChildren(byId("replies"), inThread);
  renderModal(snapshot, press);
  const linked = [...byId("replies").children].find((one) => state.message && one.dataset.ts === state.message);
  if (!linked) return;
  linked.scrollIntoView({ block: "start" });
  state.message = null;
}

function renderHeading(isHome) {
  const { snapshot } = state;
  const channel = snapshot.channels.find((one) => one.id === state.channel);
  const name = isHome ? `${snapshot.bot.name}: Home` : `${channel.is_im ? "" : "# "}${channel.name}`;
  const details = isHome ? "" : `${channel.members} members${channel.topic ? ` · ${channel.topic}` : ""}`;
  byId("channel-name").replaceChildren(name, create("small", {}, details));
  byId("composer").hidden = isHome;
  byId("text").placeholder = isHome ? "" : `${snapshot.commands[0]} … or a message`;
}

// An unchanged message keeps its element, so that a change elsewhere never interrupts a click.
function reuse(messages, renderOne, place = "") {
  return messages.map((message) => {
    const replies = state.snapshot.messages.filter((other) => other.thread_ts === message.ts).length;
    const content = JSON.stringify([message, replies, state.person]);
    const key = `${place}${message.channel}${message.ts}`;
    if (rendered.get(key)?.content !== content) rendered.set(key, { content, element: renderOne(message) });
    return rendered.get(key).element;
  });
}

function renderPeople() {
  const { people, person } = state.snapshot;
  const select = byId("person");
  if (select.options.length !== people.length) {
    const label = ({ name, title }) => (title ? `${name} · ${title}` : name);
    select.replaceChildren(...people.map((one) => create("option", { value: one.id }, label(one))));
  }
  if (select.value !== person) select.value = person;
}

function renderChannels() {
  const tab = (id, label) => {
    const selected = id === state.channel ? "tab selected" : "tab";
    return create("button", { class: selected, onclick: () => openChannel(id) }, label);
  };
  const tabs = state.snapshot.channels.map((one) => tab(one.id, one.is_im ? `@ ${one.name}` : `# ${one.name}`));
  byId("channels").replaceChildren(...tabs, tab(HOME, "Home")); // opening it is what asks the app for one
}

function renderHome(context) {
  const view = context.snapshot.home;
  if (!view) return [create("p", { class: "empty" }, "The app has no Home tab yet.")];
  const inHome = { ...context, values: {}, press: (element, value) => press(view.id, element, value) };
  return [create("section", { class: "home" }, ...view.blocks.map((block) => renderBlock(block, inHome)))];
}

// Replaces only the children that differ, and keeps the scroll position; a list at its end stays at its end.
function replaceChildren(parent, children) {
  const wasAtEnd = parent.scrollHeight - parent.scrollTop - parent.clientHeight < 60;
  const position = parent.scrollTop;
  const isSame = (child, index) => child === parent.children[index];
  if (children.length === parent.children.length && children.every(isSame)) return;
  while (parent.children.length > children.length) parent.lastElementChild.remove();
  children.forEach((child, index) => {
    if (isSame(child, index)) return;
    if (parent.children[index]) parent.children[index].replaceWith(child);
    else parent.append(child);
  });
  parent.scrollTop = wasAtEnd && state.channel !== HOME ? parent.scrollHeight : position;
}

async function press(place, element, value, values = {}) {
  if (element.confirm && !(await confirmAction(element.confirm, state.snapshot))) return;
  const body = { person: state.person, place, action_id: element.action_id, value, values };
  showNotice((await postAction("press", body)).text);
}

async function useShortcut(place, id) {
  showNotice((await postAction("shortcut", { person: state.person, place, callback_id: id })).text);
}

function showNotice(text) {
  for (const id of ["notice", "thread-notice"]) {
    byId(id).textContent = text;
    byId(id).hidden = !text;
  }
}

function openThread(ts) {
  state.thread = ts;
  updateAddress();
  render();
  byId("replies").scrollTop = byId("replies").scrollHeight;
}

function openChannel(id) {
  Object.assign(state, { channel: id, thread: null });
  if (id === HOME) openHome(state.snapshot);
  updateAddress();
  render();
  byId("messages").scrollTop = id === HOME ? 0 : byId("messages").scrollHeight;
}

function updateAddress() {
  const shown = new URLSearchParams({ person: state.person, channel: state.channel });
  if (state.thread) shown.set("thread", state.thread);
  history.replaceState(null, "", `?${shown}`);
}

async function send(field, threadTs) {
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  const body = { person: state.person, channel: state.channel, text };
  if (!text.startsWith("/")) showNotice((await postAction("say", { ...body, thread_ts: threadTs })).text);
  else if (threadTs) showNotice(`${text.split(" ")[0]} does not work in threads. Type it in the channel.`);
  else {
    const reply = await postAction("command", body);
    showNotice(reply.error ? reply.text : "");
  }
}

byId("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send(byId("text"), null);
});
byId("reply").addEventListener("submit", (event) => {
  event.preventDefault();
  send(byId("reply-text"), state.thread);
});
byId("close-thread").addEventListener("click", () => {
  state.thread = null;
  updateAddress();
  render();
});
byId("person").addEventListener("change", (event) => {
  state.person = event.target.value;
  showNotice("");
  updateAddress();
  refresh();
});
new EventSource("/changes").addEventListener("message", refresh);
