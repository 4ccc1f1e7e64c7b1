/* A plan as it is kept: two flat arrays.

words:   PLAN_MARK, number of qubits, begins_in_zero, number of stages,
         the stored qubit of each of the circuit's, the mask of flipped ones;
         then the stages, each:
         number of chunk qubits m, number of contiguous ones c, the other m - c ascending,
         number of outer qubits (those that number the chunks), these ascending,
         number of steps, and the steps.
numbers: the scale by which all stored amplitudes are to be multiplied at the end;
         then what the steps need, in their order.

Inside a chunk, bit j < c is qubit j and bit c + i the i-th other qubit. A step begins with its
kind; `outer_mask, outer_value` let it act only in chunks whose outer qubits have the value, and
`mask, value` only where the chunk's own bits have.

STEP_TABLE     number of ones, pairs, patterns, outer terms;
               bit of each one; two bits of each pair; mask, value of each pattern;
               outer_mask, outer_value, bit or -1 of each outer term.
               Numbers: scale; real and imaginary part of each.
               Multiplies by the scale, and by the factor of each term that holds: all bits are one.
STEP_ROTATE    sheared, count; bits, ascending. Numbers: tangents. Sheared turns leave the amplitude
               of |1> without a factor of 1 + tangent^2.
STEP_CROSS     sheared, count; two bits of each, ascending, all different. Numbers: two tangents of
               each, for |00> and |11>, and for |01> and |10>. Sheared crosses leave the amplitudes
               whose second bit is one without a factor of 1 + tangent^2.
STEP_PHASE     outer_mask, outer_value, mask, value. Numbers: real and imaginary part of a factor.
STEP_EXCHANGE  outer_mask, outer_value, mask, value, bit.
STEP_DENSE     outer_mask, outer_value, mask, value, count, bits; the first is the lowest bit of the
               matrix's index. Numbers: the matrix, real, imaginary, row by row.
*/
#ifndef PLAN_WORDS_H
#define PLAN_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "kernel.h"

enum { PLAN_MARK = 0x716b3031 };

enum step_kind { STEP_TABLE = 1, STEP_ROTATE, STEP_CROSS, STEP_PHASE, STEP_EXCHANGE, STEP_DENSE };

struct reader {
    const int64_t *words, *words_end;
    const double *numbers, *numbers_end;
};

struct plan_head {
    int num_qubits;
    int begins_in_zero;
    int64_t num_stages;
    const int64_t *positions;
    uint64_t flips;
    double scale;
};

struct stage_head {
    int chunk_qubits, contiguous_qubits, num_outer;
    const int64_t *scattered;
    const int64_t *outer;
    int64_t num_steps;
};

struct step {
    int kind, sheared;
    int num_ones, num_pairs, num_patterns, num_outer_terms;
    /* Bits of ones, of a rotation or of a dense unitary. */
    int count;
    const int64_t *bits;
    const int64_t *pairs, *patterns, *outer_terms;
    uint64_t outer_mask, outer_value, mask, value;
    const double *numbers;
};

/* Each reads one thing, and returns whether it is whole and consistent. */
int read_plan_head(struct reader *reader, struct plan_head *head);
int read_stage_head(struct reader *reader, int num_qubits, struct stage_head *head);
int read_step(struct reader *reader, int num_qubits, const struct stage_head *stage,
              struct step *step);

#endif
