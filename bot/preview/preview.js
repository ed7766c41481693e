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

// What a person has unfolded or folded stays so when the page reloads.
function keepFolding(part) {
  const { name } = part.dataset;
  const kept = sessionStorage.getItem(name);
  if (kept) part.open = kept === "open";
  part.addEventListener("toggle", () => sessionStorage.setItem(name, part.open ? "open" : "folded"));
}

if (document.body.dataset.version) {
  document.querySelectorAll("details").forEach(keepFolding);
  setInterval(reloadIfChanged, POLL);
}
