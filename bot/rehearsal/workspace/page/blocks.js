// Block Kit's blocks and elements as Slack shows them; `context.press` carries a press, `context.values` holds a form's state.

import { make } from "/page/dom.js";
import { mrkdwn, plain } from "/page/mrkdwn.js";

export function showBlock(block, context) {
  const show = SHOW[block.type];
  return show ? show(block, context) : make("div", { class: "unknown" }, `[${block.type}]`);
}

export function showText(text, seen) {
  return text.type === "mrkdwn" ? mrkdwn(text.text, seen, { links: !text.verbatim }) : make("span", {}, plain(text.text));
}

const SHOW = {
  header: (block) => make("h2", { class: "block-header" }, plain(block.text.text)),
  divider: () => make("hr"),
  section: (block, context) =>
    make(
      "div",
      { class: "section" },
      make(
        "div",
        { class: "section-text" },
        block.text ? showText(block.text, context.seen) : null,
        block.fields
          ? make("div", { class: "fields" }, ...block.fields.map((field) => make("div", {}, showText(field, context.seen))))
          : null,
      ),
      block.accessory ? showElement(block.accessory, block, context) : null,
    ),
  context: (block, context) =>
    make(
      "div",
      { class: "context" },
      ...block.elements.map((one) => (one.type === "image" ? image(one, "small") : showText(one, context.seen))),
    ),
  actions: (block, context) =>
    make("div", { class: "actions" }, ...block.elements.map((element) => showElement(element, block, context))),
  image: (block) =>
    make("figure", {}, block.title ? make("figcaption", {}, plain(block.title.text)) : null, image(block, "big")),
  markdown: (block, context) => mrkdwn(block.text.replace(/\*\*/g, "*"), context.seen),
  alert: (block, context) => make("div", { class: `alert ${block.level ?? "default"}` }, showText(block.text, context.seen)),
  rich_text: (block, context) => make("div", {}, ...block.elements.map((part) => richPart(part, context.seen))),
  table: (block, context) =>
    make(
      "div",
      { class: "table" },
      make("table", {}, ...block.rows.map((row) => make("tr", {}, ...row.map((cell) => make("td", {}, tableCell(cell, context)))))),
    ),
  input: (block, context) => {
    const error = context.errors?.[block.block_id];
    const optional = block.optional ? make("small", {}, " (optional)") : null;
    return make(
      "fieldset",
      { class: error ? "input wrong" : "input" },
      make("legend", {}, plain(block.label.text), optional),
      showElement(block.element, block, context),
      error ? make("p", { class: "error", role: "alert" }, error) : null,
      block.hint ? make("small", {}, plain(block.hint.text)) : null,
    );
  },
};

function tableCell(cell, context) {
  return cell.type === "raw_text" ? cell.text : SHOW.rich_text(cell, context);
}

function image(one, size) {
  return make("img", { class: size, src: one.image_url ?? one.slack_file?.url ?? "", alt: one.alt_text });
}

function richPart(part, seen) {
  const tags = { rich_text_preformatted: "pre", rich_text_quote: "blockquote" };
  if (part.type === "rich_text_list") {
    const items = part.elements.map((item) => make("li", {}, richPart(item, seen)));
    return make(part.style === "ordered" ? "ol" : "ul", {}, ...items);
  }
  return make(tags[part.type] ?? "div", {}, ...part.elements.map((span) => richSpan(span, seen)));
}

function richSpan(span, seen) {
  if (span.type === "user") return mrkdwn(`<@${span.user_id}>`, seen);
  if (span.type === "emoji") return plain(`:${span.name}:`);
  const text = span.text ?? span.url ?? "";
  const style = span.style ?? {};
  let made = span.type === "link" ? make("a", { href: span.url, target: "_blank", rel: "noreferrer" }, text) : text;
  for (const [name, tag] of [["code", "code"], ["bold", "b"], ["italic", "i"], ["strike", "s"]]) {
    if (style[name]) made = make(tag, {}, made);
  }
  return made;
}

function showElement(element, block, context) {
  const show = ELEMENT[element.type];
  return show ? show(element, block, context) : make("span", { class: "unknown" }, `[${element.type}]`);
}

const ELEMENT = {
  button: (element, _, context) =>
    make(
      "button",
      { type: "button", class: `button ${element.style ?? ""}`, title: element.accessibility_label, onclick: () => click(element, context) },
      plain(element.text.text),
    ),
  image: (element) => image(element, "medium"),
  overflow: (element, block, context) => menu(element, block, context, [["", "⋯"], ...choices(element)]),
  static_select: (element, block, context) =>
    menu(element, block, context, [["", hint(element, "Choose…")], ...choices(element)], element.initial_option?.value),
  users_select: (element, block, context) =>
    menu(element, block, context, [["", hint(element, "Choose a person…")], ...people(context)], element.initial_user),
  channels_select: (element, block, context) =>
    menu(element, block, context, [["", hint(element, "Choose a channel…")], ...channels(context)], element.initial_channel),
  conversations_select: (element, block, context) =>
    menu(element, block, context, [["", hint(element, "Choose a channel…")], ...channels(context)], element.initial_conversation),
  multi_static_select: (element, block, context) =>
    several(element, block, context, choices(element), (element.initial_options ?? []).map((one) => one.value)),
  multi_users_select: (element, block, context) =>
    several(element, block, context, people(context), element.initial_users ?? []),
  checkboxes: (element, block, context) =>
    several(element, block, context, choices(element), (element.initial_options ?? []).map((one) => one.value)),
  radio_buttons: (element, block, context) => radios(element, block, context),
  plain_text_input: (element, block, context) => field(element, block, context, element.multiline ? "textarea" : "input", "text"),
  number_input: (element, block, context) => field(element, block, context, "input", "number"),
  datepicker: (element, block, context) => field(element, block, context, "input", "date", element.initial_date),
  timepicker: (element, block, context) => field(element, block, context, "input", "time", element.initial_time),
  datetimepicker: (element, block, context) => field(element, block, context, "input", "datetime-local"),
  file_input: () => make("small", {}, "Files cannot be handed in here."),
};

function hint(element, otherwise) {
  return element.placeholder ? plain(element.placeholder.text) : otherwise;
}

function choices(element) {
  const options = [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)];
  return options.map((one) => [one.value, plain(one.text.text), one.description ? plain(one.description.text) : "", one.text]);
}

function people(context) {
  return context.seen.people.map((person) => [person.id, person.name]);
}

function channels(context) {
  return context.seen.channels.filter((one) => !one.is_im).map((one) => [one.id, `#${one.name}`]);
}

function click(element, context) {
  if (element.url) window.open(element.url, "_blank", "noopener");
  context.press(element, element.value);
}

function changed(element, block, context, value) {
  if (block.type === "input") {
    (context.values[block.block_id] ??= {})[element.action_id] = value;
    if (!block.dispatch_action) return;
  }
  context.press(element, value);
}

function kept(element, block, context, otherwise) {
  return context.values?.[block.block_id]?.[element.action_id] ?? otherwise;
}

function menu(element, block, context, options, initial) {
  const chosen = kept(element, block, context, initial ?? "");
  return make(
    "select",
    { class: element.type, "aria-label": element.type, onchange: (event) => changed(element, block, context, event.target.value || null) },
    ...options.map(([value, text]) => make("option", { value, selected: value === chosen }, text)),
  );
}

function several(element, block, context, options, initial) {
  const chosen = new Set(kept(element, block, context, initial));
  const toggle = (value) => (event) => {
    if (event.target.checked) chosen.add(value);
    else chosen.delete(value);
    changed(element, block, context, [...chosen]);
  };
  return make("div", { class: "choices" }, ...options.map(([value, text, more, rich]) =>
    choice({ type: "checkbox", checked: chosen.has(value), onchange: toggle(value) }, rich ? showText(rich, context.seen) : text, more)));
}

function radios(element, block, context) {
  const chosen = kept(element, block, context, element.initial_option?.value);
  return make("div", { class: "choices" }, ...choices(element).map(([value, , more, rich]) =>
    choice(
      {
        type: "radio",
        name: `${block.block_id}-${element.action_id}`,
        checked: value === chosen,
        onchange: () => changed(element, block, context, value),
      },
      showText(rich, context.seen),
      more,
    )));
}

function choice(attributes, text, more) {
  const words = make("span", {}, text, more ? make("small", {}, more) : null);
  return make("label", { class: "choice" }, make("input", attributes), words);
}

function field(element, block, context, tag, type, initial = element.initial_value) {
  const made = make(tag, {
    type: tag === "input" ? type : null,
    rows: tag === "textarea" ? 4 : null,
    placeholder: hint(element, ""),
    "aria-label": block.label ? plain(block.label.text) : element.type,
    maxlength: element.max_length,
    step: element.is_decimal_allowed ? "any" : null,
    autofocus: element.focus_on_load,
    [block.type === "input" ? "oninput" : "onchange"]: (event) => changed(element, block, context, read(element, event.target)),
  });
  made.value = kept(element, block, context, initial ?? "");
  return made;
}

function read(element, target) {
  if (element.type === "datetimepicker") return target.value ? Math.round(new Date(target.value).getTime() / 1000) : null;
  return target.value === "" ? null : target.value;
}
