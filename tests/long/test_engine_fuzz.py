"""Random and mutated texts through the engine, for as long as QCEXEC_FUZZ_SECONDS says (120).

Most of the texts are others with a few tokens deleted, doubled, swapped or exchanged, the rest are
soups of tokens. Each has to end in counts, in a need for memory or in a typed
error that is not the engine's own fault, within a deadline. What does not is printed with its seed:
QCEXEC_FUZZ_SEED begins there again.
"""

import os
import random
import re
import time
from pathlib import Path

import qcexec_engine
from qcexec_engine import Completed, DoesNotFit, EngineError, Limits
from support.hostile import CORPUS

SECONDS = float(os.environ.get("QCEXEC_FUZZ_SECONDS", "120"))
FIRST_SEED = int(os.environ.get("QCEXEC_FUZZ_SEED", "1"))
LIMITS = Limits(memory_bytes=64 << 20, task_seconds=2, max_operations=20_000)
PATIENCE_SECONDS = 15
LONGEST_SEEDLING = 2000

EXAMPLES = Path(__file__).parents[2] / "examples"
MORE = """
OPENQASM 3.0; include "stdgates.inc"; qubit[4] q; bit[4] c; int[8] n = 3; float f = pi / 7;
gate own(a, b) x0, x1 { rx(a) x0; ctrl @ u3(a, b, -a) x0, x1; inv @ s x1; gphase(b); }
let pair = q[1:2]; own(f, 2 * n) pair[0], q[-1]; pow(0.5) @ x q[0];
negctrl @ ctrl(2) @ z q[0], q[1], q[2], q[3];
for uint i in [0:2:3] { h q[i]; n += i; } c[0] = measure q[0];
if (c[0] == 1 && n > 2) { x q[1]; } else if (c == 4) { reset q[2]; } else { y q; }
while (c[0]) { h q[0]; c[0] = measure q[0]; }
switch (c) { case 0, 1 { x q[3]; } default { z q[3]; } }
c[1:2] = measure q[{1, 2}]; barrier q; bit[2] d = "01"; d ^= c[0:1]; c = measure q;
"""
TOKENS = re.findall(
    r"\S+",
    """
( ) [ ] { } ; , : = == != < > <= >= + - * / % ** ++ & | ^ ~ ! && || << >> -> @ $0 $7
qubit bit int uint float angle bool const let gate ctrl negctrl inv pow measure reset
if else for in while switch case default break continue end box barrier delay gphase
h x cx rz u3 U q c n f i own pi tau true false sin 0 1 2 3 -1 0.5 1e9 0x1F 10ns
"01" "stdgates.inc" include input def extern array #pragma @note 9999999999 é
""",
)


def seedlings() -> list[str]:
    texts = [path.read_text() for path in sorted(EXAMPLES.glob("*.qasm"))]
    texts += [text for case in CORPUS if len(text := case.text()) < LONGEST_SEEDLING]
    return [*[MORE] * len(texts), *texts]


def mutated(text: str, chance: random.Random) -> str:
    tokens = re.findall(r"\w+|\s+|[^\w\s]", text)
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(tokens) or 1)
        match chance.randrange(5):
            case 0:
                del tokens[place : place + chance.randint(1, 3)]
            case 1:
                tokens[place:place] = tokens[place : place + chance.randint(1, 8)]
            case 2:
                tokens[place : place + 1] = [f" {chance.choice(TOKENS)} "]
            case 3:
                other = chance.randrange(len(tokens) or 1)
                tokens[place : place + 1], tokens[other : other + 1] = (
                    tokens[other : other + 1],
                    tokens[place : place + 1],
                )
            case _:
                tokens.insert(place, f" {chance.choice(TOKENS)} ")
    return "".join(tokens)


def soup(chance: random.Random) -> str:
    head = 'OPENQASM 3.0; include "stdgates.inc"; qubit[3] q; bit[3] c; int n; '
    return head + " ".join(chance.choices(TOKENS, k=chance.randint(1, 40))) + "; c = measure q;"


def ending(text: str, seed: int) -> str:
    try:
        outcome = qcexec_engine.run(text, 20, seed, LIMITS)
    except EngineError as error:
        return error.code
    if isinstance(outcome, DoesNotFit):
        return "does_not_fit"
    assert isinstance(outcome, Completed)
    assert sum(outcome.counts.values()) == 20, "the counts are not those of all shots"
    return "completed"


def test_no_text_ends_otherwise_than_in_counts_or_a_typed_error() -> None:
    texts = seedlings()
    seen: dict[str, int] = {}
    deadline = time.monotonic() + SECONDS
    seed = FIRST_SEED
    while time.monotonic() < deadline:
        chance = random.Random(seed)
        text = mutated(chance.choice(texts), chance) if seed % 8 else soup(chance)
        begun = time.monotonic()
        code = ending(text, seed)
        took = time.monotonic() - begun
        assert code != "internal_error", f"seed {seed}:\n{text}"
        assert took < PATIENCE_SECONDS, f"seed {seed}, {took:.1f} s:\n{text}"
        seen[code] = seen.get(code, 0) + 1
        seed += 1
    print(f"\n{seed - FIRST_SEED} texts: {dict(sorted(seen.items()))}")
    assert seen.get("completed", 0) > 0
