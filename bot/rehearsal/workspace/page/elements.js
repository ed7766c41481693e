// Renders Block Kit's interactive elements: buttons, menus, choices and fields, with the values typed so far.

import { create } from "/page/dom.js";
import { plain, renderText } from "/page/mrkdwn.js";

export function renderElement(element, block, context) {
  const render = ELEMENTS[element.type];
  return render ? render(element, block, context) : create("span", { class: "unknown" }, `[${element.type}]`);
}

export function image(source, size) {
  return create("img", { class: size, src: source.image_url ?? source.slack_file?.url ?? "", alt: source.alt_text });
}

const ELEMENTS = {
  button: (element, _, context) => {
    const attributes = { class: `button ${element.style ?? ""}`, title: element.accessibility_label };
    const onclick = () => click(element, context);
    return create("button", { type: "button", ...attributes, onclick }, plain(element.text.text));
  },
  image: (element) => image(element, "medium"),
  overflow: (element, block, context) => menu(element, block, context, [["", "⋯"], ...choices(element)]),
  static_select: (element, block, context) => {
    const options = [placeholder(element, "Choose…"), ...choices(element)];
    return menu(element, block, context, options, element.initial_option?.value);
  },
  users_select: (element, block, context) => {
    const options = [placeholder(element, "Choose a person…"), ...people(context)];
    return menu(element, block, context, options, element.initial_user);
  },
  channels_select: (element, block, context) => {
    const options = [placeholder(element, "Choose a channel…"), ...channels(context)];
    return menu(element, block, context, options, element.initial_channel);
  },
  conversations_select: (element, block, context) => {
    const options = [placeholder(element, "Choose a channel…"), ...channels(context)];
    return menu(element, block, context, options, element.initial_conversation);
  },
  multi_static_select: (element, block, context) =>
    checkboxes(element, block, context, choices(element), initialValues(element)),
  multi_users_select: (element, block, context) =>
    checkboxes(element, block, context, people(context), element.initial_users ?? []),
  checkboxes: (element, block, context) =>
    checkboxes(element, block, context, choices(element), initialValues(element)),
  radio_buttons: (element, block, context) => radioButtons(element, block, context),
  plain_text_input: (element, block, context) =>
    field(element, block, context, element.multiline ? "textarea" : "input", "text"),
  number_input: (element, block, context) => field(element, block, context, "input", "number"),
  datepicker: (element, block, context) => field(element, block, context, "input", "date", element.initial_date),
  timepicker: (element, block, context) => field(element, block, context, "input", "time", element.initial_time),
  datetimepicker: (element, block, context) => field(element, block, context, "input", "datetime-local"),
  file_input: () => create("small", {}, "Files cannot be uploaded here."),
};

function placeholderText(element, otherwise) {
  return element.placeholder ? plain(element.placeholder.text) : otherwise;
}

function placeholder(element, otherwise) {
  return ["", placeholderText(element, otherwise)];
}

// Each choice: its value, its plain text, its description, and its text object.
function choices(element) {
  const options = [...(element.options ?? []), ...(element.option_groups ?? []).flatMap((group) => group.options)];
  const description = (option) => (option.description ? plain(option.description.text) : "");
  return options.map((option) => [option.value, plain(option.text.text), description(option), option.text]);
}

function initialValues(element) {
  return (element.initial_options ?? []).map((option) => option.value);
}

function people(context) {
  return context.snapshot.people.map((person) => [person.id, person.name]);
}

function channels(context) {
  return context.snapshot.channels.filter((one) => !one.is_im).map((one) => [one.id, `#${one.name}`]);
}

function click(element, context) {
  if (element.url) window.open(element.url, "_blank", "noopener");
  context.press(element, element.value);
}

// A field of a form keeps its value until the form is submitted; any other element sends it at once.
function changeValue(element, block, context, value) {
  if (block.type === "input") {
    (context.values[block.block_id] ??= {})[element.action_id] = value;
    if (!block.dispatch_action) return;
  }
  context.press(element, value);
}

function currentValue(element, block, context, initial) {
  return context.values?.[block.block_id]?.[element.action_id] ?? initial;
}

function menu(element, block, context, options, initial) {
  const selected = currentValue(element, block, context, initial ?? "");
  const onchange = (event) => changeValue(element, block, context, event.target.value || null);
  return create(
    "select",
    { class: element.type, "aria-label": element.type, onchange },
    ...options.map(([value, text]) => create("option", { value, selected: value === selected }, text)),
  );
}

function checkboxes(element, block, context, options, initial) {
  const selected = new Set(currentValue(element, block, context, initial));
  const toggle = (value) => (event) => {
    if (event.target.checked) selected.add(value);
    else selected.delete(value);
    changeValue(element, block, context, [...selected]);
  };
  const boxes = options.map(([value, text, description, textObject]) => {
    const attributes = { type: "checkbox", checked: selected.has(value), onchange: toggle(value) };
    return choice(attributes, textObject ? renderText(textObject, context.snapshot) : text, description);
  });
  return create("div", { class: "choices" }, ...boxes);
}

function radioButtons(element, block, context) {
  const selected = currentValue(element, block, context, element.initial_option?.value);
  const name = `${block.block_id}-${element.action_id}`;
  const buttons = choices(element).map(([value, , description, textObject]) => {
    const onchange = () => changeValue(element, block, context, value);
    const attributes = { type: "radio", name, checked: value === selected, onchange };
    return choice(attributes, renderText(textObject, context.snapshot), description);
  });
  return create("div", { class: "choices" }, ...buttons);
}

function choice(attributes, text, description) {
  const label = create("span", {}, text, description ? create("small", {}, description) : null);
  return create("label", { class: "choice" }, create("input", attributes), label);
}

function field(element, block, context, tag, type, initial = element.initial_value) {
  const onchange = (event) => changeValue(element, block, context, fieldValue(element, event.target));
  const created = create(tag, {
    type: tag === "input" ? type : null,
    rows: tag === "textarea" ? 4 : null,
    placeholder: placeholderText(element, ""),
    "aria-label": block.label ? plain(block.label.text) : element.type,
    maxlength: element.max_length,
    step: element.is_decimal_allowed ? "any" : null,
    autofocus: element.focus_on_load,
    [block.type === "input" ? "oninput" : "onchange"]: onchange,
  });
  created.value = currentValue(element, block, context, initial ?? "");
  return created;
}

function fieldValue(element, target) {
  if (target.value === "") return null;
  return element.type === "datetimepicker" ? Math.round(new Date(target.value).getTime() / 1000) : target.value;
}
