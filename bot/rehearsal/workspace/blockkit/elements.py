"""Block Kit's interactive elements with their limits."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from bot.rehearsal.workspace.blockkit.text_objects import (
    ABSENT,
    Confirm,
    Option,
    OptionGroup,
    OverflowOption,
    Part,
    Plain75,
    Plain150,
    RichOption,
    Str75,
    Str255,
    Str2000,
    Style,
    Url,
)

Date = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Time = Annotated[str, Field(pattern=r"^\d{2}:\d{2}$")]
Options = Annotated[list[Option], Field(min_length=1, max_length=100)]
FewRichOptions = Annotated[list[RichOption], Field(min_length=1, max_length=10)]


class Element(Part):
    """The field that every interactive element can have."""

    action_id: Str255 = ""


class Confirmable(Element):
    """An element that can have a confirm dialog and the focus."""

    confirm: Confirm = Field(default=ABSENT)
    focus_on_load: bool = False


class WithPlaceholder(Confirmable):
    """An element that can also have a placeholder."""

    placeholder: Plain150 = Field(default=ABSENT)


class Button(Element):
    """A button."""

    type: Literal["button"]
    text: Plain75
    value: Str2000 = ""
    url: Url = Field(default=ABSENT)
    style: Style = "primary"
    confirm: Confirm = Field(default=ABSENT)
    accessibility_label: Str75 = ""


class Overflow(Element):
    """The menu behind three dots."""

    type: Literal["overflow"]
    options: Annotated[list[OverflowOption], Field(min_length=1, max_length=5)]
    confirm: Confirm = Field(default=ABSENT)


class _Select(WithPlaceholder):
    options: Options = Field(default=ABSENT)
    option_groups: Annotated[list[OptionGroup], Field(min_length=1, max_length=100)] = Field(default=ABSENT)

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        if bool(self.options) == bool(self.option_groups):
            raise PydanticCustomError("slack", "must have either `options` or `option_groups`")
        return self

    def _check_initial(self, chosen: list[Option]) -> None:
        offered = list(self.options or [])
        for group in self.option_groups or []:
            offered += group.options
        if any(option not in offered for option in chosen):
            raise PydanticCustomError("slack", "the initial option must be one of the options")


class StaticSelect(_Select):
    """One choice from a fixed list."""

    type: Literal["static_select"]
    initial_option: Option = Field(default=ABSENT)

    @model_validator(mode="after")
    def _check_initial_option(self) -> Self:
        self._check_initial([self.initial_option] if self.initial_option else [])
        return self


class MultiStaticSelect(_Select):
    """Several choices from a fixed list."""

    type: Literal["multi_static_select"]
    initial_options: Options = Field(default=ABSENT)
    max_selected_items: Annotated[int, Field(ge=1)] = 1

    @model_validator(mode="after")
    def _check_initial_options(self) -> Self:
        self._check_initial(self.initial_options or [])
        return self


class UsersSelect(WithPlaceholder):
    """One person."""

    type: Literal["users_select"]
    initial_user: str = ""


class MultiUsersSelect(WithPlaceholder):
    """Several people."""

    type: Literal["multi_users_select"]
    initial_users: list[str] = Field(default=ABSENT)
    max_selected_items: Annotated[int, Field(ge=1)] = 1


class ChannelsSelect(WithPlaceholder):
    """One public channel."""

    type: Literal["channels_select", "conversations_select"]
    initial_channel: str = ""
    initial_conversation: str = ""
    default_to_current_conversation: bool = False
    response_url_enabled: bool = False


class RadioButtons(Confirmable):
    """One of at most ten visible choices."""

    type: Literal["radio_buttons"]
    options: FewRichOptions
    initial_option: RichOption = Field(default=ABSENT)

    @model_validator(mode="after")
    def _check_initial_option(self) -> Self:
        if self.initial_option and self.initial_option not in self.options:
            raise PydanticCustomError("slack", "the initial option must be one of the options")
        return self


class Checkboxes(Confirmable):
    """Any of at most ten visible choices."""

    type: Literal["checkboxes"]
    options: FewRichOptions
    initial_options: FewRichOptions = Field(default=ABSENT)

    @model_validator(mode="after")
    def _check_initial_options(self) -> Self:
        if any(option not in self.options for option in self.initial_options or []):
            raise PydanticCustomError("slack", "the initial option must be one of the options")
        return self


class DatePicker(WithPlaceholder):
    """A day."""

    type: Literal["datepicker"]
    initial_date: Date = ""


class TimePicker(WithPlaceholder):
    """A time of day."""

    type: Literal["timepicker"]
    initial_time: Time = ""
    timezone: str = ""


class DateTimePicker(Confirmable):
    """A moment, as seconds since 1970."""

    type: Literal["datetimepicker"]
    initial_date_time: Annotated[int, Field(ge=1_000_000_000, le=9_999_999_999)] = 0


class Dispatch(Part):
    """When a text field notifies the app about what is typed."""

    trigger_actions_on: list[Literal["on_enter_pressed", "on_character_entered"]]


class PlainTextInput(Element):
    """A text field."""

    type: Literal["plain_text_input"]
    initial_value: Annotated[str, Field(max_length=3000)] = ""
    multiline: bool = False
    min_length: Annotated[int, Field(ge=0, le=3000)] = 0
    max_length: Annotated[int, Field(ge=1, le=3000)] = 3000
    placeholder: Plain150 = Field(default=ABSENT)
    focus_on_load: bool = False
    dispatch_action_config: Dispatch = Field(default=ABSENT)


class NumberInput(Element):
    """A number field."""

    type: Literal["number_input"]
    is_decimal_allowed: bool
    initial_value: str = ""
    min_value: str = ""
    max_value: str = ""
    placeholder: Plain150 = Field(default=ABSENT)
    focus_on_load: bool = False
    dispatch_action_config: Dispatch = Field(default=ABSENT)


class FileInput(Element):
    """Files to upload, in modals only."""

    type: Literal["file_input"]
    filetypes: list[str] = Field(default=ABSENT)
    max_files: Annotated[int, Field(ge=1, le=10)] = 10
