"""Faults put into the planner and into the steps: the kernel's suite must see each of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from unit.kernel.builds import SOURCES, SUITE, compiled, run_suite

pytestmark = pytest.mark.skipif(shutil.which("gcc") is None, reason="mutants need gcc")


class Mutant(NamedTuple):
    fault: str
    file: str
    right: str
    wrong: str


MUTANTS = [
    Mutant(
        "a phase passes a turn that was left",
        "staging.c",
        "primitive->mask & attempt->left_turned ||",
        "",
    ),
    Mutant(
        "a turn passes a phase that was left",
        "staging.c",
        "attempt->left_phased |= primitive->mask;",
        "",
    ),
    Mutant(
        "a turn passes a turn that was left",
        "staging.c",
        "attempt->left_turned |= primitive->turned;",
        "",
    ),
    Mutant(
        "phases are dropped that a turn follows",
        "staging.c",
        "turned_later |= primitive->turned;",
        "turned_later |= 0;",
    ),
    Mutant(
        "a phase stands in a layer before its turn",
        "staging.h",
        "layering->phases_from[qubit] = layering->turns_from[qubit] = layer + 1;",
        "layering->turns_from[qubit] = layer + 1;",
    ),
    Mutant(
        "a turn stands in a layer before its phase",
        "staging.h",
        "*from = next_turn > *from ? next_turn : *from;",
        "",
    ),
    Mutant(
        "a control turns in the layer in which it controls",
        "staging.h",
        "next_turn = turned ? layer + 1 : layer;",
        "next_turn = layer;",
    ),
    Mutant(
        "an operation of a layer is done twice",
        "layering.c",
        "write_rest(writer, stage, writer->primitives + members[i]);",
        "write_rest(writer, stage, writer->primitives + members[i]),"
        " write_rest(writer, stage, writer->primitives + members[i]);",
    ),
    Mutant(
        "the first turn of a layer is forgotten",
        "layering.c",
        "turned |= bit_of(bit);",
        "turned |= i ? bit_of(bit) : 0;",
    ),
    Mutant("touched qubits are forgotten", "layering.c", "writer->touched |=", "(void)"),
    Mutant(
        "phases of three qubits are forgotten",
        "layering.c",
        "!ones || size > 2 ? TERM_PATTERN",
        "!ones || size > 3 ? TERM_PATTERN",
    ),
    Mutant("a half turn flips nothing", "holding.c", "state->out->flips ^= bit_of(qubit);", ""),
    Mutant(
        "flips do not turn rotations round",
        "holding.c",
        "state->out->flips >> qubit & 1 ? -turn : turn",
        "turn",
    ),
    Mutant(
        "flips do not change the sign of ZZ",
        "holding.c",
        "        z = -z;\n",
        "",
    ),
    Mutant(
        "exchanged qubits leave their flips behind",
        "holding.c",
        "if ((state->out->flips >> a ^ state->out->flips >> b) & 1)\n"
        "            state->out->flips ^= bit_of(a) | bit_of(b);",
        "",
    ),
    Mutant("the two tangents are exchanged", "holding.c", "= tan(even);", "= tan(odd);"),
    Mutant("parities have no factor", "holding.c", "log(cos(odd) / cos(even))", "0"),
    Mutant(
        "diagonals pass rotations of two qubits",
        "holding.c",
        "(zz_alone ? release : release_all)(state, a);",
        "release(state, a);",
    ),
    Mutant(
        "a run of two qubits goes past its end",
        "pairs.c",
        "open->partner[partner] = -1;",
        ";",
    ),
    Mutant("controls of a run are forgotten", "pairs.c", "1 << !bit : 0", "0 : 0"),
    Mutant(
        "an outer condition is forgotten",
        "run.inc",
        "(base & step->outer_mask) != step->outer_value",
        "0",
    ),
    Mutant(
        "outer phases are forgotten",
        "tables.inc",
        "if ((base & (uint64_t)term[0]) != (uint64_t)term[1])",
        "if (i >= 0)",
    ),
    Mutant(
        "a chunk has the outer phases of the one before",
        "run.inc",
        "if (*made_for != same) {",
        "if (*made_for == ~(size_t)0) {",
    ),
    Mutant(
        "turns inside a register are forgotten where no others stay in a block",
        "layers.inc",
        "sharing.lanes_apart = lanes && !sharing.lanes_in_blocks;",
        "",
    ),
    Mutant(
        "a table is forgotten whose turns reach out of a block",
        "layers.inc",
        "NAME(do_table)(layer, chunk_qubits, chunk_qubits, 0, sharing.num_tabled, re, im);",
        ";",
    ),
    Mutant(
        "a chunk is not written back",
        "run.inc",
        "NAME(copy_chunk)(run, base, scratch_re, scratch_im, 1);",
        "",
    ),
]


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.fault for mutant in MUTANTS])
def test_a_fault_is_not_seen(mutant: Mutant, tmp_path: Path) -> None:
    sources = tmp_path / "c"
    shutil.copytree(SOURCES, sources)
    file = sources / mutant.file
    text = file.read_text()
    assert text.count(mutant.right) == 1, "the mutant does not fit the sources any more"
    file.write_text(text.replace(mutant.right, mutant.wrong))
    library = compiled(tmp_path, sources, ["-O1", "-mavx2", "-mfma"])
    done = run_suite(library, ["-x", str(SUITE / "test_amplitudes.py")])
    assert done.returncode == 1, done.stdout + done.stderr
