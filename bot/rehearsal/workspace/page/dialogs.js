// The two dialogs: the confirmation of an action, and the person's top modal with what they have typed into it.

import { create, postAction } from "/page/dom.js";
import { renderBlock } from "/page/blocks.js";
import { plain, renderText } from "/page/mrkdwn.js";

let shownVersion = "";
let values = {};

export function confirmAction(confirm, snapshot) {
  const dialog = document.getElementById("confirm");
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      dialog.close();
      resolve(yes);
    };
    const button = (label, style, yes) =>
      create("button", { type: "button", class: style, onclick: answer(yes) }, plain(label.text));
    const deny = button(confirm.deny, "button", false);
    const accept = button(confirm.confirm, `button filled ${confirm.style ?? "primary"}`, true);
    dialog.replaceChildren(
      create("h2", {}, plain(confirm.title.text)),
      create("div", { class: "body" }, renderText(confirm.text, snapshot)),
      create("footer", {}, deny, accept),
    );
    dialog.oncancel = () => resolve(false);
    dialog.showModal();
  });
}

export function renderModal(snapshot, press) {
  const dialog = document.getElementById("modal");
  const view = snapshot.views.at(-1);
  const version = view ? `${view.id} ${view.hash} ${JSON.stringify(view.errors)}` : "";
  if (version === shownVersion) return;
  values = view && shownVersion.startsWith(view.id) ? keptValues(view) : {};
  shownVersion = version;
  if (!view) {
    dialog.close();
    return;
  }
  fillModal(dialog, view, snapshot, press);
  if (!dialog.open) dialog.showModal();
}

// A form in place of another keeps what was typed into the fields that both have.
function keptValues(view) {
  const ids = new Set(view.blocks.map((block) => block.block_id));
  return Object.fromEntries(Object.entries(values).filter(([id]) => ids.has(id)));
}

function fillModal(dialog, view, snapshot, press) {
  const pressInView = (element, value) => press(view.id, element, value, values);
  const context = { snapshot, values, errors: view.errors, press: pressInView };
  const error = create("p", { class: "notice", role: "alert", hidden: true });
  const dismiss = () => postAction("dismiss", { person: snapshot.person, view_id: view.id });
  const submit = async (event) => {
    event.preventDefault();
    const reply = await postAction("submit", { person: snapshot.person, view_id: view.id, values });
    error.textContent = reply.text;
    error.hidden = !reply.text;
  };
  dialog.oncancel = (event) => {
    event.preventDefault();
    dismiss();
  };
  const cross = create("button", { type: "button", class: "cross", "aria-label": "Close", onclick: dismiss }, "×");
  const closeLabel = view.close ? plain(view.close.text) : "Cancel";
  const close = create("button", { type: "button", class: "button", onclick: dismiss }, closeLabel);
  const send = view.submit
    ? create("button", { type: "submit", class: "button filled primary" }, plain(view.submit.text))
    : null;
  dialog.replaceChildren(
    create(
      "form",
      { onsubmit: submit },
      create("h2", {}, plain(view.title.text), cross),
      create("div", { class: "body" }, ...view.blocks.map((block) => renderBlock(block, context))),
      error,
      create("footer", {}, close, send),
    ),
  );
}
