"""What an engine keeps of earlier runs: whose it is, how much of it, and in which order it goes."""

from dataclasses import dataclass

import numpy
from hypothesis import given
from hypothesis import strategies as st

from qcexec_engine.analysis.circuit import Circuit
from qcexec_engine.cache import Cache
from qcexec_engine.classical import Constant
from qcexec_engine.outcomes import Outcomes
from qcexec_engine.program import Block, Branch, Gate, Loop, Program, Register, Unitary

ROOMY = 1 << 30
HADAMARD = Gate("h", (), (0,))


@dataclass(frozen=True)
class State:
    """A prepared circuit of a given size."""

    kept_bytes: int | None

    def sample(self, shots: int, seed: int) -> Outcomes:
        raise AssertionError((shots, seed))


def circuit(operations: Block = (HADAMARD,)) -> Circuit:
    program = Program(1, (Register("c", 1),), operations, 1)
    return Circuit(
        program, len(operations), len(operations), {}, ((0, 0),), clifford=True, written_qubits=1
    )


def size_of(operations: Block) -> int:
    cache = Cache(ROOMY)
    cache.keep_circuit("", circuit(operations))
    return cache.kept_bytes


def test_a_text_gives_back_its_own_circuit_and_no_other_does() -> None:
    cache = Cache(ROOMY)
    kept = circuit()
    cache.keep_circuit("h q;", kept)
    assert cache.circuit("h q;") is kept
    assert cache.circuit("h q; ") is None


def test_what_one_method_prepared_is_not_given_to_another() -> None:
    cache = Cache(ROOMY)
    state = State(100)
    cache.keep_circuit("text", circuit())
    cache.keep_prepared("text", "statevector", state)
    assert cache.prepared("text", "statevector") is state
    assert cache.prepared("text", "stabilizer") is None
    assert cache.prepared("other", "statevector") is None


def test_what_must_not_be_kept_is_not() -> None:
    cache = Cache(ROOMY)
    cache.keep_circuit("text", circuit())
    cache.keep_prepared("text", "branching", State(None))
    assert cache.prepared("text", "branching") is None


def test_a_state_is_not_kept_without_its_circuit() -> None:
    cache = Cache(ROOMY)
    cache.keep_prepared("text", "statevector", State(100))
    assert cache.prepared("text", "statevector") is None
    assert cache.kept_bytes == 0


def test_no_capacity_keeps_nothing() -> None:
    cache = Cache(0)
    cache.keep_circuit("text", circuit())
    assert cache.circuit("text") is None


def test_a_state_larger_than_the_whole_cache_drives_nothing_out() -> None:
    cache = Cache(100_000)
    cache.keep_circuit("small", circuit())
    cache.keep_circuit("large", circuit())
    cache.keep_prepared("large", "statevector", State(100_000))
    assert cache.circuit("small") is not None
    assert cache.circuit("large") is not None
    assert cache.prepared("large", "statevector") is None


def test_the_text_that_was_used_last_stays() -> None:
    cache = Cache(ROOMY, most_texts=2)
    cache.keep_circuit("first", circuit())
    cache.keep_circuit("second", circuit())
    assert cache.circuit("first") is not None
    cache.keep_circuit("third", circuit())
    assert cache.circuit("first") is not None
    assert cache.circuit("second") is None


def test_a_new_state_drives_out_others_before_its_own_circuit() -> None:
    cache = Cache(100_000)
    cache.keep_circuit("mine", circuit())
    cache.keep_circuit("other", circuit())
    cache.keep_prepared("mine", "statevector", State(95_000))
    assert cache.prepared("mine", "statevector") is not None
    assert cache.circuit("other") is None


def test_released_it_holds_nothing_and_takes_anew() -> None:
    cache = Cache(ROOMY)
    cache.keep_circuit("text", circuit())
    cache.keep_prepared("text", "statevector", State(1000))
    cache.release()
    assert cache.kept_bytes == 0
    assert cache.circuit("text") is None
    assert cache.prepared("text", "statevector") is None
    cache.keep_circuit("text", circuit())
    assert cache.circuit("text") is not None


def test_a_long_text_counts_its_characters() -> None:
    cache = Cache(ROOMY)
    cache.keep_circuit("x" * 1_000_000, circuit())
    assert cache.kept_bytes > 1_000_000


def test_what_lies_in_branches_and_loops_counts() -> None:
    many = (HADAMARD,) * 1000
    plain = size_of(many)
    assert size_of((Branch(Constant(1), many, ()),)) > plain
    assert size_of((Branch(Constant(1), (), many),)) > plain
    assert size_of((Loop(Constant(1), many),)) > plain


def test_a_matrix_counts_its_numbers() -> None:
    matrix = numpy.eye(256, dtype=complex)
    assert size_of((Unitary(matrix, tuple(range(8))),)) > matrix.nbytes


@given(
    st.lists(
        st.tuples(st.integers(0, 9), st.integers(0, 400), st.none() | st.integers(0, 200_000)),
        max_size=60,
    ),
    st.integers(0, 300_000),
    st.integers(1, 5),
)
def test_bytes_and_texts_stay_within_their_bounds(
    runs: list[tuple[int, int, int | None]], capacity: int, most_texts: int
) -> None:
    cache = Cache(capacity, most_texts)
    for number, gates, state in runs:
        text = str(number)
        if cache.circuit(text) is None:
            cache.keep_circuit(text, circuit((HADAMARD,) * gates))
        cache.keep_prepared(text, "statevector", State(state))
        assert 0 <= cache.kept_bytes <= capacity
        assert sum(cache.circuit(str(each)) is not None for each in range(10)) <= most_texts
