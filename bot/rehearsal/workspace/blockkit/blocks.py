"""Block Kit's blocks, and the modal that holds them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from bot.rehearsal.workspace.blockkit.elements import (
    Button,
    ChannelsSelect,
    Checkboxes,
    DatePicker,
    DateTimePicker,
    FileInput,
    MultiStaticSelect,
    MultiUsersSelect,
    NumberInput,
    Overflow,
    PlainTextInput,
    RadioButtons,
    StaticSelect,
    TimePicker,
    UsersSelect,
)
from bot.rehearsal.workspace.blockkit.text_objects import (
    ABSENT,
    Mrkdwn,
    Part,
    Plain,
    Plain24,
    Plain150,
    Plain2000,
    Text,
    Text2000,
    Url,
)

Selects = StaticSelect | MultiStaticSelect | UsersSelect | MultiUsersSelect | ChannelsSelect
Choices = Selects | RadioButtons | Checkboxes | DatePicker | TimePicker
NonEmpty = Annotated[str, Field(min_length=1, max_length=2000)]


class Block(Part):
    """The field that every block can have."""

    block_id: Annotated[str, Field(max_length=255)] = ""


class SlackFile(Part):
    """A file of the workspace, shown as an image."""

    id: str = ""
    url: str = ""


class ImageElement(Part):
    """A small image in a section or a context block."""

    type: Literal["image"]
    image_url: Url = Field(default=ABSENT)
    slack_file: SlackFile = Field(default=ABSENT)
    alt_text: NonEmpty


Accessory = Annotated[Choices | Button | Overflow | ImageElement, Field(discriminator="type")]
ActionElement = Annotated[Choices | Button | Overflow | DateTimePicker, Field(discriminator="type")]
InputElement = Annotated[
    Choices | DateTimePicker | PlainTextInput | NumberInput | FileInput,
    Field(discriminator="type"),
]
ContextElement = Annotated[ImageElement | Mrkdwn | Plain, Field(discriminator="type")]


class Header(Block):
    """A heading."""

    type: Literal["header"]
    text: Plain150


class Divider(Block):
    """A line."""

    type: Literal["divider"]


class Section(Block):
    """A paragraph or up to ten fields, with at most one element next to it."""

    type: Literal["section"]
    text: Text = Field(default=ABSENT)
    fields: Annotated[list[Text2000], Field(min_length=1, max_length=10)] = Field(default=ABSENT)
    accessory: Accessory = Field(default=ABSENT)
    expand: bool = False


class Context(Block):
    """A small grey line."""

    type: Literal["context"]
    elements: Annotated[list[ContextElement], Field(min_length=1, max_length=10)]


class Actions(Block):
    """A row of elements."""

    type: Literal["actions"]
    elements: Annotated[list[ActionElement], Field(min_length=1, max_length=25)]


class Image(Block):
    """A picture."""

    type: Literal["image"]
    image_url: Url = Field(default=ABSENT)
    slack_file: SlackFile = Field(default=ABSENT)
    alt_text: NonEmpty
    title: Plain2000 = Field(default=ABSENT)


class Input(Block):
    """A labelled field of a form."""

    type: Literal["input"]
    label: Plain2000
    element: InputElement
    hint: Plain2000 = Field(default=ABSENT)
    optional: bool = False
    dispatch_action: bool = False


class Markdown(Block):
    """Standard Markdown, in messages only."""

    type: Literal["markdown"]
    text: Annotated[str, Field(min_length=1, max_length=12000)]


class Alert(Block):
    """A coloured note, in modals only."""

    type: Literal["alert"]
    text: Text
    level: Literal["default", "info", "warning", "error", "success"] = "default"


class RichSpan(Part):
    """A piece of rich text, a link, a user or an emoji; its text is never empty."""

    model_config = Part.model_config | {"extra": "allow"}
    type: str
    text: Annotated[str, Field(min_length=1)] = Field(default=ABSENT)


class RichPart(Part):
    """A paragraph, a quote or a block of code."""

    type: Literal["rich_text_section", "rich_text_preformatted", "rich_text_quote"]
    elements: list[RichSpan]
    border: Literal[0, 1] = 0
    language: str = ""


class RichList(Part):
    """A list."""

    type: Literal["rich_text_list"]
    style: Literal["bullet", "ordered"]
    elements: list[RichPart]
    indent: Annotated[int, Field(ge=0, le=8)] = 0
    offset: int = 0
    border: Literal[0, 1] = 0


class RichText(Block):
    """Rich text, as Slack's message field writes it."""

    type: Literal["rich_text"]
    elements: list[Annotated[RichPart | RichList, Field(discriminator="type")]]


class RawText(Part):
    """A table cell with plain text."""

    type: Literal["raw_text"]
    text: Annotated[str, Field(min_length=1)]


Cell = Annotated[RawText | RichText, Field(discriminator="type")]


class Table(Block):
    """A table, in messages only."""

    type: Literal["table"]
    rows: Annotated[
        list[Annotated[list[Cell], Field(min_length=1, max_length=20)]], Field(min_length=1, max_length=100)
    ]
    column_settings: Annotated[list[dict[str, Any] | None], Field(max_length=20)] = Field(default=ABSENT)


Common = Header | Divider | Section | Context | Actions | Image | Input | RichText
MessageBlock = Annotated[Common | Markdown | Table, Field(discriminator="type")]
ViewBlock = Annotated[Common | Alert, Field(discriminator="type")]


class MessageBlocks(Part):
    """The blocks of a message."""

    blocks: Annotated[list[MessageBlock], Field(max_length=50)]


class _View(Part):
    blocks: Annotated[list[ViewBlock], Field(max_length=100)]
    private_metadata: Annotated[str, Field(max_length=3000)] = ""
    callback_id: Annotated[str, Field(max_length=255)] = ""
    external_id: Annotated[str, Field(max_length=255)] = ""


class Modal(_View):
    """A modal."""

    type: Literal["modal"]
    title: Plain24
    submit: Plain24 = Field(default=ABSENT)
    close: Plain24 = Field(default=ABSENT)
    clear_on_close: bool = False
    notify_on_close: bool = False
    submit_disabled: bool = False


class Home(_View):
    """The app's Home tab."""

    type: Literal["home"]
