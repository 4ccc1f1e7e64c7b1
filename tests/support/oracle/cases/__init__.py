"""What the specification says, case by case, with the counts that follow from it."""

from support.oracle.cases.arithmetic import IN_THE_RUN, KNOWN
from support.oracle.cases.case import Case
from support.oracle.cases.control_flow import CONTROL_FLOW
from support.oracle.cases.gates import GATES
from support.oracle.cases.openqasm2 import OPENQASM2
from support.oracle.cases.registers import REGISTERS

CASES = (*REGISTERS, *KNOWN, *IN_THE_RUN, *GATES, *CONTROL_FLOW, *OPENQASM2)

__all__ = ["CASES", "Case"]
