// The two dialogs: "are you sure?", and the modal on top of a person's stack with what they have typed into it.

import { act, make } from "/page/dom.js";
import { showBlock, showText } from "/page/blocks.js";
import { plain } from "/page/mrkdwn.js";

let shown = "";
let values = {};

export function sure(confirm, seen) {
  const dialog = document.getElementById("confirm");
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      dialog.close();
      resolve(yes);
    };
    dialog.replaceChildren(
      make("h2", {}, plain(confirm.title.text)),
      make("div", { class: "body" }, showText(confirm.text, seen)),
      make(
        "footer",
        {},
        make("button", { type: "button", class: "button", onclick: answer(false) }, plain(confirm.deny.text)),
        make("button", { type: "button", class: `button filled ${confirm.style ?? "primary"}`, onclick: answer(true) }, plain(confirm.confirm.text)),
      ),
    );
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}

export function showModal(seen, press) {
  const dialog = document.getElementById("modal");
  const view = seen.views.at(-1);
  const now = view ? `${view.id} ${view.hash} ${JSON.stringify(view.errors)}` : "";
  if (now === shown) return;
  if (!view || !shown.startsWith(view.id)) values = {};
  shown = now;
  if (!view) {
    dialog.close();
    return;
  }
  fill(dialog, view, seen, press);
  if (!dialog.open) dialog.showModal();
}

function fill(dialog, view, seen, press) {
  const context = { seen, values, errors: view.errors, press: (element, value) => press(view.id, element, value, values) };
  const trouble = make("p", { class: "notice", role: "alert", hidden: true });
  const leave = () => act("dismiss", { person: seen.person, view_id: view.id });
  const submit = async (event) => {
    event.preventDefault();
    const reply = await act("submit", { person: seen.person, view_id: view.id, values });
    trouble.textContent = reply.text;
    trouble.hidden = !reply.text;
  };
  const send = view.submit
    ? make("button", { type: "submit", class: "button filled primary" }, plain(view.submit.text))
    : null;
  const close = view.close ? plain(view.close.text) : "Cancel";
  dialog.oncancel = (event) => {
    event.preventDefault();
    leave();
  };
  dialog.replaceChildren(
    make(
      "form",
      { onsubmit: submit },
      make("h2", {}, plain(view.title.text), make("button", { type: "button", class: "cross", "aria-label": "Close", onclick: leave }, "×")),
      make("div", { class: "body" }, ...view.blocks.map((block) => showBlock(block, context))),
      trouble,
      make("footer", {}, make("button", { type: "button", class: "button", onclick: leave }, close), send),
    ),
  );
}
