"""Block Kit's text objects with their limits, options and confirm dialogs."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Str75 = Annotated[str, Field(max_length=75)]
Str255 = Annotated[str, Field(min_length=1, max_length=255)]
Str2000 = Annotated[str, Field(max_length=2000)]
Url = Annotated[str, Field(min_length=1, max_length=3000)]
Style = Literal["primary", "danger"]
ABSENT: Any = None
"""The default of a field that can be left out, but cannot be null."""


class Part(BaseModel):
    """Any part of Block Kit. It refuses unknown keys; null is not the same as absent."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Mrkdwn(Part):
    """Formatted text of at most 3,000 characters."""

    type: Literal["mrkdwn"]
    text: Annotated[str, Field(min_length=1, max_length=3000)]
    verbatim: bool = False


class Plain(Part):
    """Plain text of at most 3,000 characters."""

    type: Literal["plain_text"]
    text: Annotated[str, Field(min_length=1, max_length=3000)]
    emoji: bool = True


class Plain24(Plain):
    """The title and the buttons of a modal."""

    text: Annotated[str, Field(min_length=1, max_length=24)]


class Plain30(Plain):
    """The two buttons of a confirm dialog."""

    text: Annotated[str, Field(min_length=1, max_length=30)]


class Plain75(Plain):
    """The label of a button or an option."""

    text: Annotated[str, Field(min_length=1, max_length=75)]


class Plain100(Plain):
    """The title of a confirm dialog."""

    text: Annotated[str, Field(min_length=1, max_length=100)]


class Plain150(Plain):
    """A heading or a placeholder."""

    text: Annotated[str, Field(min_length=1, max_length=150)]


class Plain2000(Plain):
    """A label, a hint or an image's title."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]


class Plain300(Plain):
    """The question of a confirm dialog."""

    text: Annotated[str, Field(min_length=1, max_length=300)]


class Mrkdwn75(Mrkdwn):
    """The label of a radio button or a checkbox."""

    text: Annotated[str, Field(min_length=1, max_length=75)]


class Mrkdwn300(Mrkdwn):
    """The question of a confirm dialog, formatted."""

    text: Annotated[str, Field(min_length=1, max_length=300)]


class Mrkdwn2000(Mrkdwn):
    """One field of a section, formatted."""

    text: Annotated[str, Field(min_length=1, max_length=2000)]


Text = Annotated[Mrkdwn | Plain, Field(discriminator="type")]
Text75 = Annotated[Mrkdwn75 | Plain75, Field(discriminator="type")]
Text300 = Annotated[Mrkdwn300 | Plain300, Field(discriminator="type")]
Text2000 = Annotated[Mrkdwn2000 | Plain2000, Field(discriminator="type")]


class Confirm(Part):
    """The dialog that asks before an element acts."""

    title: Plain100
    text: Text300
    confirm: Plain30
    deny: Plain30
    style: Style = "primary"


class Option(Part):
    """One option of a select menu."""

    text: Plain75
    value: Annotated[str, Field(min_length=1, max_length=150)]
    description: Plain75 = Field(default=ABSENT)


class OverflowOption(Option):
    """One option of an overflow menu."""

    url: Url = Field(default=ABSENT)


class RichOption(Part):
    """One option of radio buttons or checkboxes."""

    text: Text75
    value: Annotated[str, Field(min_length=1, max_length=150)]
    description: Text75 = Field(default=ABSENT)


class OptionGroup(Part):
    """A group of options with a label."""

    label: Plain75
    options: Annotated[list[Option], Field(min_length=1, max_length=100)]
