"""Approval: a run that would use more than a limit waits for a person, whatever it is that it uses.

A run that was asked for in a form is suspended until its own form is filled in. A run that nobody watches asks and
ends: its request is kept under its content hash, and the flow `approve` emits the event that starts it.
"""

# Annotations are objects here, not strings: Prefect validates a flow's parameters by them in another process.

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from prefect import State, flow, get_run_logger
from prefect.artifacts import create_markdown_artifact
from prefect.context import FlowRunContext
from prefect.events import emit_event
from prefect.flow_runs import suspend_flow_run
from prefect.input import RunInput
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.variables import Variable
from pydantic import BaseModel, ConfigDict, Field

from flows.markdown import plain, table
from pipeline.errors import InputError

_PATIENCE_SECONDS = 14 * 86400

Approves = Annotated[bool, Field(title="Approve", description="Whether it may run.")]
Person = Annotated[str, Field(title="Approved by", min_length=1, max_length=100, description="Who decides.")]


@dataclass(frozen=True, slots=True)
class Amount:
    """How much of one thing a run would use."""

    what: str
    """Such as ``time``."""
    value: float
    limit: float
    unit: str


class Approval(RunInput):
    """The form of a suspended run."""

    approve: Approves = False
    approved_by: Person


class Decision(BaseModel):
    """Whether a request that waits may run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    request: Annotated[
        str,
        Field(title="Request", pattern="^[0-9a-f]{32}$", description="Its hash, as in the artifact that asks."),
    ]
    approve: Approves
    approved_by: Person


def exceeds(amounts: Sequence[Amount]) -> bool:
    """Whether any amount is above its limit."""
    return any(amount.value > amount.limit for amount in amounts)


def was_started_by_a_form_or_schedule() -> bool:
    """Whether this very run is of a deployment. Others have somebody who has seen the estimate."""
    context = FlowRunContext.get()
    return bool(context and context.flow_run and context.flow_run.deployment_id)


def wait_for_approval(subject: str, amounts: Sequence[Amount], key: str, gate: str = "approval") -> None:
    """Suspend this run until a person decides, without holding a process; at once if the request `key` is approved.

    Resumed, Prefect runs the flow again from its start.

    Args:
        subject: What it is about, for people.
        amounts: What it would use.
        key: The request's content hash.
        gate: A word that no other approval of this run has.

    Raises:
        InputError: it was declined.
    """
    log = get_run_logger()
    if by := _approved_by(key):
        log.info("Approved by %s", by)
        return
    log.warning("Above the limits: waiting for approval. %s", "; ".join(_words(amount) for amount in amounts))
    form = Approval.with_initial_data(description=markdown(subject, amounts))
    answer = suspend_flow_run(wait_for_input=form, timeout=_PATIENCE_SECONDS, key=gate)
    if not answer.approve:
        raise InputError(f"{answer.approved_by} declined this run.", "Ask for less, or agree with them first.")
    log.info("Approved by %s", answer.approved_by)


def ask(kind: str, key: str, subject: str, amounts: Sequence[Amount], request: Mapping[str, Any]) -> None:
    """Keep a request until it is decided on, and ask by an artifact and the event ``eigenlead.<kind>.waiting``.

    Args:
        kind: What would run, such as ``screen``: a word of the events' names.
        key: The request's content hash.
        subject: What it is about, for people.
        amounts: What it would use.
        request: Its JSON form, which the event ``eigenlead.<kind>.approved`` carries in its payload as ``request``.
    """
    Variable.set(_variable(key), {"kind": kind, "request": dict(request)}, tags=["approval"], overwrite=True)
    how = f"To decide, run the deployment `approve/nightly` with the request `{key}`."
    create_markdown_artifact(
        key=f"approval-{key[:8]}", markdown=f"{markdown(subject, amounts)}\n\n{how}\n", description="Waits for approval"
    )
    _emit(kind, "waiting", key, {"subject": subject, "amounts": [_words(amount) for amount in amounts]})


def _decision_name() -> str:
    decision = flow_run.parameters["decision"]
    decision = decision if isinstance(decision, Decision) else Decision(**decision)
    return f"{'approve' if decision.approve else 'decline'}-{decision.request[:8]}"


@flow(name="approve", flow_run_name=_decision_name)
def approve(decision: Decision) -> State[str]:
    """Decide on a request that waits. Approved, it starts by the event ``eigenlead.<kind>.approved``.

    Raises:
        InputError: no such request waits.
    """
    kept: Any = Variable.get(_variable(decision.request))
    if not kept:
        raise InputError(f"No request {decision.request} waits.", "Copy the hash from the artifact that asks.")
    word = "approved" if decision.approve else "declined"
    if decision.approve:
        Variable.set(
            _variable(decision.request), kept | {"approved_by": decision.approved_by}, tags=["approval"], overwrite=True
        )
    else:
        Variable.unset(_variable(decision.request))
    _emit(kept["kind"], word, decision.request, {"request": kept["request"], "approved_by": decision.approved_by})
    message = f"{decision.approved_by} {word} {kept['kind']} {decision.request}"
    return Completed(name=word.title(), message=message, data=word)


def markdown(subject: str, amounts: Sequence[Amount]) -> str:
    """What a person decides by: the subject, and each amount beside its limit."""
    rows = [
        (amount.what, _quantity(amount.value, amount.unit), _quantity(amount.limit, amount.unit), _verdict(amount))
        for amount in amounts
    ]
    return f"{plain(subject)}\n\n{table(['', 'estimate', 'limit', ''], rows)}"


def _verdict(amount: Amount) -> str:
    return "**above**" if amount.value > amount.limit else ""


def _words(amount: Amount) -> str:
    return f"{amount.what} {_quantity(amount.value, amount.unit)} of {_quantity(amount.limit, amount.unit)}"


def _quantity(value: float, unit: str) -> str:
    number = f"{value:,.0f}" if value >= 100 else f"{value:.2f}".rstrip("0").rstrip(".")
    return f"{number} {unit}".rstrip()


def _variable(key: str) -> str:
    return f"approval_{key}"


def _approved_by(key: str) -> str:
    kept: Any = Variable.get(_variable(key)) or {}
    return str(kept.get("approved_by", ""))


def _emit(kind: str, word: str, key: str, payload: Mapping[str, Any]) -> None:
    resource = {"prefect.resource.id": f"eigenlead.{kind}.{key}", "prefect.resource.name": f"{kind} {key[:8]}"}
    emit_event(event=f"eigenlead.{kind}.{word}", resource=resource, payload=dict(payload))
