/* What every circuit is lowered to: turns, phases, exchanges and dense unitaries, on the qubits of
   the stored state. Lowering is lowering.c; staging.c and layering.c put primitives in order. */
#ifndef PRIMITIVES_H
#define PRIMITIVES_H

#include "arrays.h"
#include "kernel.h"

enum primitive_kind {
    /* [1 -t; t 1] on one qubit: a rotation about y divided by its cosine. */
    PRIMITIVE_TURN,
    /* exp(angle) where the bits of `mask` have the value: a phase, and at times a factor. */
    PRIMITIVE_PHASE,
    /* On two qubits, [1 i t; i t 1] on |00> and |11> and the same on |01> and |10>, each with its own
       tangent: a rotation about XX and YY, divided by its cosine for |00> and |11>. */
    PRIMITIVE_CROSS,
    /* X on one qubit where the bits of `mask` have the value. */
    PRIMITIVE_EXCHANGE,
    /* A unitary on some qubits where the bits of `mask` have the value. */
    PRIMITIVE_DENSE
};

struct primitive {
    int32_t kind;
    int32_t num_targets;
    /* The qubits on which it is not diagonal, and those on which it depends diagonally. */
    uint64_t turned;
    uint64_t mask;
    uint64_t value;
    /* The tangent, or the two of a cross; of a phase the logarithm of its absolute value and its
       angle. */
    double number[2];
    /* Where the matrix stands, in numbers: real, imaginary, row by row. */
    int64_t matrix;
    uint8_t targets[LARGEST_DENSE_TARGETS];
};

/* A circuit after lowering.

Attributes:
    primitives: in order.
    matrices: of the dense ones.
    positions: which stored qubit holds each of the circuit's.
    flips: the stored qubits whose zeros and ones are exchanged.
    most_bytes: what lowering took at most. */
struct lowered {
    int num_qubits;
    struct array primitives;
    struct array matrices;
    uint8_t positions[64];
    uint64_t flips;
    size_t most_bytes;
};

/* Lowers a circuit. Returns a kernel_result; the arrays are to be freed whatever that is. */
int lower(const struct kernel_circuit *circuit, const struct kernel_planning *planning,
          const struct kernel_control *control, struct lowered *lowered);

static inline uint64_t bit_of(int qubit) {
    return (uint64_t)1 << qubit;
}

#endif
