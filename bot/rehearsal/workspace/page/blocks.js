// Renders Block Kit's blocks. `context.press` sends a press; `context.values` holds a form's values.

import { create } from "/page/dom.js";
import { image, renderElement } from "/page/elements.js";
import { mrkdwn, plain, renderText } from "/page/mrkdwn.js";

export function renderBlock(block, context) {
  const render = BLOCKS[block.type];
  return render ? render(block, context) : create("div", { class: "unknown" }, `[${block.type}]`);
}

const BLOCKS = {
  header: (block) => create("h2", { class: "block-header" }, plain(block.text.text)),
  divider: () => create("hr"),
  section: (block, context) =>
    create(
      "div",
      { class: "section" },
      create(
        "div",
        { class: "section-text" },
        block.text ? renderText(block.text, context.snapshot) : null,
        block.fields ? renderFields(block.fields, context) : null,
      ),
      block.accessory ? renderElement(block.accessory, block, context) : null,
    ),
  context: (block, context) =>
    create(
      "div",
      { class: "context" },
      ...block.elements.map((one) => (one.type === "image" ? image(one, "small") : renderText(one, context.snapshot))),
    ),
  actions: (block, context) =>
    create("div", { class: "actions" }, ...block.elements.map((element) => renderElement(element, block, context))),
  image: (block) =>
    create("figure", {}, block.title ? create("figcaption", {}, plain(block.title.text)) : null, image(block, "big")),
  markdown: (block, context) => mrkdwn(block.text.replace(/\*\*/g, "*"), context.snapshot),
  alert: (block, context) =>
    create("div", { class: `alert ${block.level ?? "default"}` }, renderText(block.text, context.snapshot)),
  rich_text: (block, context) => create("div", { class: "rich" }, ...block.elements.map((part) => richPart(part, context.snapshot))),
  table: (block, context) =>
    create("div", { class: "table" }, create("table", {}, ...block.rows.map((row) => renderRow(row, context)))),
  input: (block, context) => {
    const error = context.errors?.[block.block_id];
    const optional = block.optional ? create("small", {}, " (optional)") : null;
    return create(
      "fieldset",
      { class: error ? "input invalid" : "input" },
      create("legend", {}, plain(block.label.text), optional),
      renderElement(block.element, block, context),
      error ? create("p", { class: "error", role: "alert" }, error) : null,
      block.hint ? create("small", {}, plain(block.hint.text)) : null,
    );
  },
};

function renderFields(fields, context) {
  const cells = fields.map((field) => create("div", {}, renderText(field, context.snapshot)));
  return create("div", { class: "fields" }, ...cells);
}

function renderRow(row, context) {
  const content = (cell) => (cell.type === "raw_text" ? cell.text : BLOCKS.rich_text(cell, context));
  return create("tr", {}, ...row.map((cell) => create("td", {}, content(cell))));
}

function richPart(part, snapshot) {
  const tags = { rich_text_preformatted: "pre", rich_text_quote: "blockquote" };
  if (part.type === "rich_text_list") {
    const items = part.elements.map((item) => create("li", {}, richPart(item, snapshot)));
    return create(part.style === "ordered" ? "ol" : "ul", {}, ...items);
  }
  return create(tags[part.type] ?? "div", {}, ...part.elements.map((span) => richSpan(span, snapshot)));
}

function richSpan(span, snapshot) {
  if (span.type === "user") return mrkdwn(`<@${span.user_id}>`, snapshot);
  if (span.type === "emoji") return plain(`:${span.name}:`);
  const text = span.text ?? span.url ?? "";
  const style = span.style ?? {};
  const link = { href: span.url, target: "_blank", rel: "noreferrer" };
  let rendered = span.type === "link" ? create("a", link, text) : text;
  for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"]]) {
    if (style[name]) rendered = create(tag, {}, rendered);
  }
  return rendered;
}
