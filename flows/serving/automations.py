"""Automations: what the server tells people of its own accord, through a notification block."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from prefect.automations import Automation
from prefect.blocks.abstract import NotificationBlock
from prefect.blocks.core import Block
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType
from prefect.events.actions import ChangeFlowRunState, SendNotification
from prefect.events.schemas.automations import EventTrigger, Posture
from prefect.events.schemas.events import ResourceSpecification
from prefect.settings import get_current_settings

from pipeline.errors import InputError

_SILENT_HEARTBEATS = 3
"""After so many that are missing, a run counts as lost: one or two may be late on a busy machine."""

# Messages leave the house. None says what a run worked on or why it failed; the link asks for the server's password.
_LINK = "{% if flow_run %}{{ flow_run|ui_url }}{% endif %}"


def install(block: str) -> None:
    """Create the automations on the configured Prefect API, or bring those of the same names up to date.

    One that somebody has switched off there stays off.

    Args:
        block: the notification block that takes the messages, as ``TYPE/NAME``: ``slack-webhook/team``.

    Raises:
        InputError: the server has no such block, or it is not for notifications.
    """
    wanted = automations(_notification_block(block))
    with get_client(sync_client=True) as client:
        for automation in wanted:
            there = client.read_automations_by_name(automation.name)
            if there:
                automation.id, automation.enabled = there[0].id, there[0].enabled
                automation.update()
            else:
                automation.create()


def automations(block_id: UUID) -> tuple[Automation, ...]:
    """The automations of a server, whose messages go to the notification block with this id."""
    return (
        Automation(
            name="Eigenlead: a nightly run failed",
            description="Tells when a run of a deployment with the tag `nightly` ends with an error.",
            trigger=EventTrigger(
                match=_resources("prefect.flow-run.*"),
                match_related=_resources("prefect.tag.nightly"),
                expect={"prefect.flow-run.Failed", "prefect.flow-run.TimedOut"},
                for_each={"prefect.resource.id"},
            ),
            actions=[_message(block_id, "The nightly screen failed", "{{ event.resource.name }} failed.")],
        ),
        Automation(
            name="Eigenlead: a run is silent",
            description="Marks a run as crashed when its heartbeats stop although it has not ended.",
            trigger=EventTrigger(
                match=_resources("prefect.flow-run.*"),
                after={"prefect.flow-run.Running", "prefect.flow-run.heartbeat"},
                expect={
                    f"prefect.flow-run.{event}"
                    for event in (
                        *("heartbeat", "Completed", "Failed", "TimedOut", "Crashed", "Cancelling", "Cancelled"),
                        *("Paused", "Suspended", "AwaitingRetry"),
                    )
                },
                for_each={"prefect.resource.id"},
                posture=Posture.Proactive,
                within=timedelta(seconds=_SILENT_HEARTBEATS * _seconds_between_heartbeats()),
            ),
            actions=[
                ChangeFlowRunState(
                    name="Crashed",
                    state=StateType.CRASHED,
                    message="Its heartbeats stopped: its process is gone.",
                    force=False,  # a heartbeat may come after the end of its run, which then stays what it is
                ),
            ],
        ),
        Automation(
            name="Eigenlead: a run crashed",
            description="Tells when the process of a run is gone: found by its worker, or by its silence.",
            trigger=EventTrigger(
                match=_resources("prefect.flow-run.*"),
                expect={"prefect.flow-run.Crashed"},
                for_each={"prefect.resource.id"},
            ),
            actions=[
                _message(
                    block_id,
                    "A run crashed",
                    "{{ event.resource.name }} lost its process. Run it again: it goes on from what is in the store.",
                )
            ],
        ),
        Automation(
            name="Eigenlead: a new leader",
            description="Tells when a leaderboard has a new best candidate.",
            trigger=EventTrigger(
                match=_resources("eigenlead.leaderboard.*"),
                expect={"eigenlead.leaderboard.new-leader"},
                for_each={"prefect.resource.id"},
            ),
            actions=[
                _message(
                    block_id,
                    "A new leader",
                    "The leaderboard {{ event.resource.id.split('.', 2)[2] }} has a new leader.",
                )
            ],
        ),
    )


def _notification_block(name: str) -> UUID:
    try:
        block = Block.load(name)
    except ValueError as error:
        raise InputError(
            f"The Prefect server has no block {name!r}.",
            "Make it on the server's page Blocks, serving without --notify until then, and name it as TYPE/NAME, such "
            "as slack-webhook/team.",
        ) from error
    if not isinstance(block, NotificationBlock):
        raise InputError(
            f"The block {name!r} is not for notifications.",
            "Name a block of Slack, Teams or a custom webhook, say.",
        )
    assert block._block_document_id is not None  # it was loaded
    return block._block_document_id


def _resources(pattern: str) -> ResourceSpecification:
    return ResourceSpecification({"prefect.resource.id": pattern})


def _message(block_id: UUID, subject: str, body: str) -> SendNotification:
    return SendNotification(block_document_id=block_id, subject=f"Eigenlead: {subject}", body=f"{body}\n{_LINK}")


def _seconds_between_heartbeats() -> int:
    """Those of the runs; workers must have the same setting as whoever installs the automations.

    Raises:
        InputError: heartbeats are switched off.
    """
    seconds = get_current_settings().flows.heartbeat_frequency
    if seconds is None:
        raise InputError(
            "Runs give no heartbeats, so that a lost one is not told from a long one.",
            "Set PREFECT_FLOWS_HEARTBEAT_FREQUENCY to 30 seconds or more, here and for the workers.",
        )
    return seconds
