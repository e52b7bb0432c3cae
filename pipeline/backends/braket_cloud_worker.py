"""Runs in Braket's own environment: calls of Amazon Braket in, one JSON a line, and their answers out.

An answer holds `answer`, or `trouble` (a key of Eigenlead's own) and `reason`. Credentials, region and the bucket for
results are those of Amazon's own configuration.
"""

import json
import sys
from collections.abc import Callable
from enum import StrEnum
from functools import cache
from typing import Any

BUSY = {"ThrottlingException", "InternalServiceException", "ServiceUnavailableException", "DeviceOfflineException"}
KEY = {"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException"}
USD_A_TASK = 0.30
"""Beside the price of shots, on every QPU. Source: aws.amazon.com/braket/pricing."""
TAG = "eigenlead"
GONE = ("FAILED", "CANCELLED")


def arn(device: str) -> str:
    """Its resource name, where it is named by the last part of that only."""
    from braket.devices import Devices

    vendors = [vendor for vendor in vars(Devices).values() if isinstance(vendor, type) and issubclass(vendor, StrEnum)]
    known = {str(one).rpartition("/")[2].lower(): str(one) for vendor in vendors for one in vendor}
    if not device.startswith("arn:") and device.lower() not in known:
        raise LookupError(f"Braket's SDK knows no device {device}: {', '.join(sorted(known))}")
    return known.get(device.lower(), device)


def opened(device: str) -> Any:
    """The device, from the region that it stands in."""
    from braket.aws import AwsDevice

    return AwsDevice(arn(device))


def price(device: str, shots: int) -> float | None:
    """USD of a task; null where shots are not what is paid for."""
    cost = opened(device).properties.service.deviceCost
    return float(USD_A_TASK + shots * cost.price) if cost and cost.unit == "shot" else None


def submit(device: str, source: str, shots: int, label: str) -> str:
    """The resource name of a new task that carries the label."""
    from braket.ir.openqasm import Program

    return str(opened(device).run(Program(source=source), shots=shots, tags={TAG: label}).id)


def find(device: str, label: str) -> str | None:
    """The task that carries the label, unless it failed."""
    chosen = opened(device)
    pages = chosen.aws_session.braket_client.get_paginator("search_quantum_tasks").paginate(
        filters=[{"name": "deviceArn", "operator": "EQUAL", "values": [chosen.arn]}]
    )
    tasks = (task for page in pages for task in page["quantumTasks"])
    mine = (task for task in tasks if task.get("tags", {}).get(TAG) == label and task["status"] not in GONE)
    return next((str(task["quantumTaskArn"]) for task in mine), None)


def state(task: str) -> list[str]:
    """Its status, and why it failed."""
    from braket.aws import AwsQuantumTask

    seen = AwsQuantumTask(task).metadata()
    return [seen["status"], seen.get("failureReason", "")]


def counts(task: str) -> list[Any]:
    """The measured qubits, and how often each string of them was read."""
    from braket.aws import AwsQuantumTask

    result = AwsQuantumTask(task).result()
    return [list(result.measured_qubits), dict(result.measurement_counts)]


@cache
def require_credentials() -> None:
    """Braket's SDK takes for granted that there are some. Once they are found, they are not looked for again."""
    from botocore.exceptions import NoCredentialsError
    from botocore.session import get_session

    if get_session().get_credentials() is None:
        raise NoCredentialsError


def answer(question: dict[str, Any]) -> dict[str, Any]:
    """What one call gives, or why it does not."""
    try:
        from botocore import exceptions
    except ImportError as error:
        return {"trouble": "missing", "reason": str(error)}
    try:
        calls: tuple[Callable[..., Any], ...] = (price, submit, find, state, counts)
        call = next(call for call in calls if call.__name__ == question["call"])
        require_credentials()
        return {"answer": call(**question["arguments"])}
    except exceptions.ClientError as error:
        code = error.response["Error"]["Code"]
        trouble = "busy" if code in BUSY else "key" if code in KEY else "refused"
        return {"trouble": trouble, "reason": f"{code}: {error.response['Error']['Message']}"}
    except (exceptions.HTTPClientError, exceptions.ConnectionError) as error:
        return {"trouble": "away", "reason": type(error).__name__}
    except (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.CredentialRetrievalError,
        exceptions.NoRegionError,
        exceptions.ProfileNotFound,
        exceptions.SSOError,
    ) as error:
        return {"trouble": "key", "reason": str(error)}
    except ImportError as error:
        return {"trouble": "missing", "reason": str(error)}
    except (LookupError, ValueError) as error:  # Braket's own words for devices that there are not
        return {"trouble": "refused", "reason": str(error)}
    except Exception as error:  # the process outlives it
        return {"trouble": "refused", "reason": f"{type(error).__name__}: {error}"}


def main() -> None:
    """Answer until nobody asks any more."""
    out, sys.stdout = sys.stdout, sys.stderr  # what packages print is no answer
    for line in sys.stdin:
        out.write(json.dumps(answer(json.loads(line))) + "\n")
        out.flush()


main()
