"""Who may reach whom: the table of docs/network-policies.md."""

from dataclasses import dataclass
from enum import Enum

from e2e.settings import ROOT

_PAGE = ROOT / "docs" / "network-policies.md"
_CORNER = "From \\ to"


class Verdict(Enum):
    """What a cell says."""

    ALLOWED = "yes"
    DENIED = "no"
    NOT_OURS = "—"


@dataclass(frozen=True, slots=True)
class Cell:
    """Whether `sender` may reach `receiver`: a row's and a column's name."""

    sender: str
    receiver: str
    verdict: Verdict


def read_policy_table() -> list[Cell]:
    """All cells of the documented table, the one whose header begins with `From \\ to`.

    Raises ValueError where a cell is missing, or says something else than a verdict.
    """
    lines = iter(_PAGE.read_text(encoding="utf-8").splitlines())
    header: list[str] = next(
        names for names in map(_columns, lines) if names and names[0] == _CORNER
    )
    next(lines)
    cells: list[Cell] = []
    for line in lines:
        columns = _columns(line)
        if not columns:
            break
        cells += [
            Cell(columns[0], receiver, Verdict(said))
            for receiver, said in zip(header[1:], columns[1:], strict=True)
        ]
    return cells


def _columns(line: str) -> list[str]:
    if not line.startswith("|"):
        return []
    return [column.strip() for column in line.strip().strip("|").split("|")]
