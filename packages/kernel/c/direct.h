/* Operations done one after the other on the amplitudes, without a plan.

For few qubits and few gates planning takes longer than all the rest. Here an operation becomes at
most two mixes or phases, each of which visits only the amplitudes that it changes:

- Gates on one qubit are held back and multiplied with what comes next on it, until something does
  not commute with them: controls commute with diagonal ones.
- X and swaps without controls change no amplitude: they exchange the meaning of a stored qubit's
  zeros and ones, and rename stored qubits.
- Amplitudes where a qubit is one that no operation has left |0> yet are zero, and stay out. */
#ifndef DIRECT_H
#define DIRECT_H

#include "circuit.h"

/* A unitary of one qubit on pairs of amplitudes whose indices differ in `difference`: those where
   the bits of `mask` have the value are the first ones of their pairs. At least one bit of the
   difference is in the mask. Where a bit of `zeros` is one, all amplitudes are zero. */
struct mix {
    uint64_t mask, value, difference, zeros;
    struct matrix2 matrix;
};

/* A factor for the amplitudes where the bits of `mask` have the value. */
struct factor {
    uint64_t mask, value, zeros;
    amplitude factor;
};

/* A unitary on the bits, the first of which is the lowest of the matrix's index, where the bits of
   `mask` have the value. The index is that of the stored bits with those of `flips` exchanged. The
   matrix has a real and an imaginary part for each entry, row by row. */
struct dense {
    uint64_t mask, value, flips;
    int count;
    int bits[LARGEST_DENSE_TARGETS];
    const double *matrix;
};

/* The amplitudes, and what changes them in their precision. Each returns a kernel_result. */
struct amplitudes {
    int num_qubits;
    void *re, *im;
    const struct kernel_control *control;
    int (*mix)(const struct amplitudes *amplitudes, const struct mix *mix);
    int (*multiply)(const struct amplitudes *amplitudes, const struct factor *factor);
    int (*apply)(const struct amplitudes *amplitudes, const struct dense *dense);
};

/* What stored qubits mean.

Attributes:
    positions: the stored qubit of each of the circuit's.
    flips: the stored qubits whose zeros and ones are exchanged.
    zeros: the stored qubits that are known to be |0>. */
struct frame {
    int64_t *positions;
    uint64_t flips, zeros;
};

/* Whether the frame is one of a state of so many qubits. */
int is_sound_frame(int64_t num_qubits, const struct frame *frame);

/* Does a circuit that was checked, and leaves the frame that it ends in. `probabilities_only` has
   the last phases of single qubits left out. Returns a kernel_result. */
int apply_operations(const struct amplitudes *amplitudes, const struct kernel_circuit *circuit,
                     struct frame *frame, int probabilities_only);

#endif
