"""How a submission is stored: the document that a worker's child reads.

UTF-8 JSON `{"qc": text, "shots": n}` without spaces, never more than a few
bytes longer than the body that it came in.
"""

import json

from qcexec_api.schemas import TaskSubmission

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def encode_payload(submission: TaskSubmission) -> bytes:
    """The bytes that the queue keeps for `submission`."""
    return _ENCODER.encode({"qc": submission.qc, "shots": submission.shots}).encode()
