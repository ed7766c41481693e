"""views.*: modals and the Home tab, as slack_sdk sees them."""

from __future__ import annotations

from tests.bot.rehearsal.workspace.bolt_workspace import LEAD, STARTER, modal, open_workspace, refusal, run, section


def test_a_modal_with_a_field_needs_a_submit_button() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            trigger = slack.workspace.state.tokens.new_trigger(STARTER.id)
            view = modal()
            del view["submit"]
            body = await refusal(slack.client.views_open(trigger_id=trigger, view=view))
            assert body["error"] == "invalid_arguments"
            assert "submit" in body["response_metadata"]["messages"][0]

    run(test)


def test_a_modal_opens_for_the_triggers_user_and_replaces_an_open_one() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            await slack.open_modal(LEAD)
            second = await slack.open_modal(LEAD)
            assert [view.id for view in slack.workspace.views(LEAD.id)] == [second]
            assert slack.workspace.views(STARTER.id) == []

    run(test)


def test_a_modal_is_pushed_on_top_only_from_within_a_modal() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            first = await slack.open_modal(LEAD)
            tokens = slack.workspace.state.tokens
            outside, inside = tokens.new_trigger(LEAD.id), tokens.new_trigger(LEAD.id, first)
            body = await refusal(slack.client.views_push(trigger_id=outside, view=modal()))
            assert body["error"] == "invalid_trigger_id"
            await slack.client.views_push(trigger_id=inside, view=modal())
            assert [view.previous for view in slack.workspace.views(LEAD.id)] == [None, first]

    run(test)


def test_a_view_is_updated_by_its_id_or_external_id_and_not_with_an_old_hash() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            name = await slack.open_modal(LEAD, external_id="mine")
            (view,) = slack.workspace.views(LEAD.id)
            old, new = view.hash, modal(external_id="mine", blocks=[section("new")])
            await slack.client.views_update(view_id=name, hash=old, view=new)
            assert view.blocks[0]["text"]["text"] == "new"
            body = await refusal(slack.client.views_update(view_id=name, hash=old, view=new))
            assert body["error"] == "hash_conflict"
            await slack.client.views_update(external_id="mine", view=modal(blocks=[section("newer")]))
            assert view.blocks[0]["text"]["text"] == "newer"
            assert (await refusal(slack.client.views_update(view_id="V9", view=new)))["error"] == "not_found"

    run(test)


def test_the_home_tab_belongs_to_one_user_and_is_no_modal() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            home = {"type": "home", "blocks": [section("home")]}
            await slack.client.views_publish(user_id=LEAD.id, view=home)
            assert slack.workspace.state.home_tabs.keys() == {LEAD.id}
            body = await refusal(slack.client.views_publish(user_id=LEAD.id, view=modal()))
            assert body["error"] == "invalid_arguments"
            body = await refusal(slack.client.views_publish(user_id="U99", view=home))
            assert body["error"] == "user_not_found"

    run(test)


def test_a_field_without_an_action_id_gets_one() -> None:
    async def test() -> None:
        async with open_workspace(sockets=False) as slack:
            field = {"type": "input", "label": {"type": "plain_text", "text": "Why?"}}
            await slack.open_modal(LEAD, blocks=[{**field, "element": {"type": "plain_text_input"}}])
            (block,) = slack.workspace.views(LEAD.id)[0].blocks
            assert (block["block_id"], block["element"]["action_id"]) == ("b0", "b0-act")

    run(test)
