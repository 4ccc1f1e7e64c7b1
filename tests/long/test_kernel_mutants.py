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
        "a chunk has what memory held in place of zeros",
        "run.inc",
        "if (!back && begin & ~run->written) {",
        "if (!back && begin & ~run->written & 64) {",
    ),
    Mutant(
        "zeros that no stage has written are left unwritten",
        "run.inc",
        "return NAME(write_zeros)(num_qubits, written, state, im, control);",
        "return KERNEL_DONE;",
    ),
    Mutant(
        "a stage is thought to have written less than it has",
        "run.inc",
        "reached |= (uint64_t)1 << stage->outer[i];",
        "reached |= (uint64_t)0 << stage->outer[i];",
    ),
    Mutant(
        "a phase passes a turn that was left",
        "trials.c",
        "if (turned & standing->closed || mask & standing->left_turned)",
        "if (turned & standing->closed)",
    ),
    Mutant(
        "a turn passes a phase that was left",
        "trials.c",
        "standing->closed |= turned | mask;",
        "standing->closed |= turned;",
    ),
    Mutant(
        "a turn passes a turn that was left",
        "trials.c",
        "standing->closed |= turned | mask;",
        "standing->closed |= mask;",
    ),
    Mutant(
        "a phase is free before a turn that comes first",
        "trials.c",
        "(all[offset].mask & left_turned) == 0",
        "1",
    ),
    Mutant(
        "a phase is not looked at though several turns wait for it",
        "sketches.c",
        "if (next[__builtin_ctzll(left)] != after)",
        "if (next[__builtin_ctzll(left)] < 0)",
    ),
    Mutant(
        "a phase stands for another one across a turn",
        "sketches.c",
        "for (uint64_t left = turned; left; left &= left - 1) {",
        "for (uint64_t left = 0; left; left &= left - 1) {",
    ),
    Mutant(
        "a phase is done after a turn that follows",
        "staging.c",
        "stage_of[i] = stage < stage_of[i] ? stage : stage_of[i];",
        "stage_of[i] = stage;",
    ),
    Mutant(
        "phases are dropped that a turn follows",
        "staging.c",
        "next[__builtin_ctzll(turned)] = stage_of[i];",
        "next[__builtin_ctzll(turned)] = last;",
    ),
    Mutant(
        "a phase stands in a layer before its turn",
        "layering.c",
        "layering->phases_from[qubit] = layering->turns_from[qubit] = layer + 1;",
        "layering->turns_from[qubit] = layer + 1;",
    ),
    Mutant(
        "a turn stands in a layer before its phase",
        "layering.c",
        "*from = next_turn > *from ? next_turn : *from;",
        "",
    ),
    Mutant(
        "a control turns in the layer in which it controls",
        "layering.c",
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
        "phases.c",
        "!ones || size > 2 ? TERM_PATTERN",
        "!ones || size > 3 ? TERM_PATTERN",
    ),
    Mutant(
        "what sheared turns leave out is forgotten",
        "phases.c",
        "append_term(sums, 0, first, own);",
        "",
    ),
    Mutant(
        "what sheared crosses leave out is taken for the same on both parities",
        "phases.c",
        "append_term(sums, 0, first | second, own - other);",
        "",
    ),
    Mutant(
        "sheared turns inside a register leave nothing out",
        "rotations.inc",
        "step->sheared && lane >> bit & 1 ? missing : 1",
        "1",
    ),
    Mutant(
        "sheared crosses inside a register leave nothing out",
        "crosses.inc",
        "factors = select_lanes(lanes_where((uint64_t)1 << high, 0), factors, 1 / (1 + t * t));",
        ";",
    ),
    Mutant(
        "sheared crosses with one bit inside a register leave nothing out",
        "crosses.inc",
        "factors = 1 / (1 + t1 * t1);",
        ";",
    ),
    Mutant(
        "the second half of a register is taken from beside the first",
        "rotations.inc",
        "halves ? load_halves(from, from + other) : load(from);",
        "load(from);",
    ),
    Mutant(
        "turns of halves are forgotten where chunks are too small to exchange them",
        "layers.inc",
        "if (layer->turns.half_apart != 0) {",
        "if (0) {",
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
        "two threads do the same chunk",
        "threads.c",
        "other->end = thread->next;",
        "other->end = thread->next + (num_left(thread) > 0);",
    ),
    Mutant(
        "a thread takes another's tables for its own",
        "run.inc",
        "*(size_t *)(room + run->steps[i].combined) = ~(size_t)0;",
        ";",
    ),
    Mutant(
        "a chunk is not written back",
        "run.inc",
        "NAME(copy_chunk)(run, base, scratch_re, scratch_im, 1);",
        "",
    ),
    Mutant(
        "what is held on a target is left behind a controlled gate",
        "direct.c",
        "        release(walk, target);\n        mix_qubit(walk, controls, target, matrix);",
        "        mix_qubit(walk, controls, target, matrix);",
    ),
    Mutant(
        "what is held on a control that it turns is left behind a gate",
        "direct.c",
        "release_turn(walk, operation->controls[i]);",
        ";",
    ),
    Mutant(
        "a qubit that was mixed is still taken for |0>",
        "direct.c",
        "walk->frame->zeros &= ~difference;",
        "",
    ),
    Mutant(
        "a flipped qubit's matrix is not the other way round",
        "direct.c",
        "struct condition zero = {one.mask, one.mask ^ one.value};\n    mix(walk, controls,",
        "struct condition zero = {one.mask, 0};\n    mix(walk, controls,",
    ),
    Mutant(
        "lanes whose condition does not hold are mixed",
        "mixing.inc",
        "lanes_where(mix->mask & low, mix->value & low)",
        "lanes_where(0, 0)",
    ),
]

DIRECT = ("direct.c", "mixing.inc")


@pytest.mark.parametrize("mutant", MUTANTS, ids=[mutant.fault for mutant in MUTANTS])
def test_a_fault_is_not_seen(mutant: Mutant, tmp_path: Path) -> None:
    sources = tmp_path / "c"
    shutil.copytree(SOURCES, sources)
    file = sources / mutant.file
    text = file.read_text()
    assert text.count(mutant.right) == 1, "the mutant does not fit the sources any more"
    file.write_text(text.replace(mutant.right, mutant.wrong))
    library = compiled(tmp_path, sources, ["-O1", "-mavx2", "-mfma"])
    tests = (
        ["test_direct.py"] if mutant.file in DIRECT else ["test_amplitudes.py", "test_threads.py"]
    )
    suite = [str(SUITE / name) for name in tests]
    done = run_suite(library, ["-x", *suite])
    assert done.returncode == 1, done.stdout + done.stderr
