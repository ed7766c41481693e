// The page itself: fetches what the person sees whenever it changes, draws it, and carries what they do.

import { act, make } from "/page/dom.js";
import { showBlock } from "/page/blocks.js";
import { showModal, sure } from "/page/dialogs.js";
import { openHome, showMessage } from "/page/messages.js";

const at = new URLSearchParams(location.search);
const state = { person: at.get("person") ?? "", channel: at.get("channel") ?? "", thread: at.get("thread"), seen: null };
const find = (id) => document.getElementById(id);
const HOME = "home";
const drawn = new Map();

async function refresh() {
  const answer = await fetch(`/seen?person=${encodeURIComponent(state.person)}`, { cache: "no-store" });
  state.seen = await answer.json();
  state.person = state.seen.person;
  const known = state.seen.channels.some((channel) => channel.id === state.channel) || state.channel === HOME;
  if (!known) state.channel = state.seen.channels[0].id;
  draw();
}

function draw() {
  const { seen } = state;
  const isHome = state.channel === HOME;
  const channel = seen.channels.find((one) => one.id === state.channel);
  drawPeople();
  drawChannels();
  find("channel-name").replaceChildren(
    isHome ? `${seen.bot.name}: Home` : `${channel.is_im ? "" : "# "}${channel.name}`,
    make("small", {}, isHome ? "" : `${channel.members} members${channel.topic ? ` · ${channel.topic}` : ""}`),
  );
  find("composer").hidden = isHome;
  find("text").placeholder = isHome ? "" : `${seen.commands[0]} … or a message`;
  const context = { seen, press, openThread };
  const messages = seen.messages.filter((one) => one.channel === state.channel);
  const inChannel = messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.broadcast);
  fill(find("messages"), isHome ? home(context) : keep(inChannel, (one) => showMessage(one, context)));
  const thread = messages.filter((one) => state.thread && [one.ts, one.thread_ts].includes(state.thread));
  find("thread").hidden = thread.length === 0;
  document.body.classList.toggle("in-thread", thread.length > 0);
  fill(find("replies"), keep(thread, (one) => showMessage(one, context, { inThread: true }), "in thread"));
  showModal(seen, press);
}

// A message that has not changed keeps its element, so that a click under way is never lost to a change elsewhere.
function keep(messages, show, where = "") {
  return messages.map((one) => {
    const answers = state.seen.messages.filter((other) => other.thread_ts === one.ts).length;
    const key = JSON.stringify([one, answers, state.person]);
    const place = `${where}${one.channel}${one.ts}`;
    if (drawn.get(place)?.key !== key) drawn.set(place, { key, element: show(one) });
    return drawn.get(place).element;
  });
}

function drawPeople() {
  const { seen } = state;
  const select = find("person");
  if (select.options.length !== seen.people.length) {
    const label = (one) => (one.title ? `${one.name} · ${one.title}` : one.name);
    select.replaceChildren(...seen.people.map((one) => make("option", { value: one.id }, label(one))));
  }
  if (select.value !== seen.person) select.value = seen.person;
}

function drawChannels() {
  const tab = (id, label) =>
    make("button", { class: id === state.channel ? "tab here" : "tab", onclick: () => openChannel(id) }, label);
  const tabs = state.seen.channels.map((one) => tab(one.id, one.is_im ? `@ ${one.name}` : `# ${one.name}`));
  if (state.seen.home || state.channel === HOME) tabs.push(tab(HOME, "Home"));
  find("channels").replaceChildren(...tabs);
}

function home(context) {
  const view = context.seen.home;
  if (!view) return [make("p", { class: "empty" }, "The app shows nothing here yet.")];
  const placed = { ...context, values: {}, press: (element, value) => press(view.id, element, value) };
  return [make("section", { class: "home" }, ...view.blocks.map((block) => showBlock(block, placed)))];
}

function fill(place, children) {
  const wasAtEnd = place.scrollHeight - place.scrollTop - place.clientHeight < 60;
  const before = place.scrollTop;
  const same = children.length === place.children.length && children.every((child, at) => child === place.children[at]);
  if (same) return;
  while (place.children.length > children.length) place.lastElementChild.remove();
  children.forEach((child, at) => {
    if (place.children[at] === child) return;
    if (place.children[at]) place.children[at].replaceWith(child);
    else place.append(child);
  });
  place.scrollTop = wasAtEnd ? place.scrollHeight : before;
}

async function press(place, element, value, values = {}) {
  if (element.confirm && !(await sure(element.confirm, state.seen))) return;
  const reply = await act("press", { person: state.person, place, action_id: element.action_id, value, values });
  notice(reply.text);
}

function notice(text) {
  for (const id of ["notice", "thread-notice"]) {
    find(id).textContent = text;
    find(id).hidden = !text;
  }
}

function openThread(ts) {
  state.thread = ts;
  remember();
  draw();
  find("replies").scrollTop = find("replies").scrollHeight;
}

function openChannel(id) {
  Object.assign(state, { channel: id, thread: null });
  if (id === HOME) openHome(state.seen);
  remember();
  draw();
  find("messages").scrollTop = find("messages").scrollHeight;
}

function remember() {
  const query = new URLSearchParams({ person: state.person, channel: state.channel });
  if (state.thread) query.set("thread", state.thread);
  history.replaceState(null, "", `?${query}`);
}

async function send(field, threadTs) {
  const text = field.value.trim();
  if (!text) return;
  field.value = "";
  const body = { person: state.person, channel: state.channel, text };
  if (!text.startsWith("/")) notice((await act("say", { ...body, thread_ts: threadTs })).text);
  else if (threadTs) notice(`${text.split(" ")[0]} cannot be used in threads. Type it in the channel.`);
  else {
    const reply = await act("command", body);
    notice(reply.error ? reply.text : "");
  }
}

find("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send(find("text"), null);
});
find("reply").addEventListener("submit", (event) => {
  event.preventDefault();
  send(find("reply-text"), state.thread);
});
find("leave").addEventListener("click", () => {
  state.thread = null;
  remember();
  draw();
});
find("person").addEventListener("change", (event) => {
  state.person = event.target.value;
  notice("");
  remember();
  refresh();
});
new EventSource("/live").addEventListener("message", refresh);
