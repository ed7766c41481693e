// Shows each message of the preview, asks what a button asks, and reloads the page when its file has changed.

import { confirmAction } from "/page/dialogs.js";
import { renderMessage } from "/page/messages.js";

const POLL = 500; // milliseconds
const slack = JSON.parse(document.getElementById("slack")?.textContent ?? '{"messages": []}');

const context = {
  snapshot: slack.snapshot,
  press: (_, element) => {
    if (element.confirm) confirmAction(element.confirm, slack.snapshot);
  },
};
document.querySelectorAll(".phone").forEach((phone, number) => {
  phone.append(renderMessage(slack.messages[number], context, { inThread: true }));
});

async function reloadIfChanged() {
  let newest = "";
  try {
    newest = await (await fetch("/version", { cache: "no-store" })).text();
  } catch {
    // the preview has ended
  }
  document.getElementById("ended").hidden = newest !== "";
  if (newest && newest !== document.body.dataset.version) location.reload();
}

function keepUnfolded(part) {
  const { name } = part.dataset;
  part.open = sessionStorage.getItem(name) !== null;
  part.addEventListener("toggle", () => {
    if (part.open) sessionStorage.setItem(name, "open");
    else sessionStorage.removeItem(name);
  });
}

if (document.body.dataset.version) {
  document.querySelectorAll("details").forEach(keepUnfolded);
  setInterval(reloadIfChanged, POLL);
}
