/* Where everything lies in memory: the state, the tables of a stage, the scratch of a thread.

Real parts lie apart from imaginary ones, so a register holds either. A chunk's scratch has a gap of
one cache line after each 512 numbers: without it, amplitudes that differ in one high bit would
compete for the same places in the caches. */
#ifndef LAYOUT_H
#define LAYOUT_H

#include "plan_words.h"

enum { LINE_BYTES = 64, UNBROKEN_BITS = 9 };

static inline size_t rounded_up(size_t bytes) {
    return (bytes + LINE_BYTES - 1) / LINE_BYTES * LINE_BYTES;
}

/* Index i of a chunk lies so far from the chunk's begin, counted in numbers. */
static inline size_t padded(size_t i, size_t real_bytes) {
    return i + (i >> UNBROKEN_BITS) * (LINE_BYTES / real_bytes);
}

static inline size_t chunk_part(int chunk_qubits, size_t real_bytes) {
    return padded((size_t)1 << chunk_qubits, real_bytes) + LINE_BYTES / real_bytes;
}

/* Whether a stage works on the state itself: it is one chunk without gaps. */
static inline int works_in_place(int chunk_qubits, int num_qubits) {
    return chunk_qubits == num_qubits && chunk_qubits <= UNBROKEN_BITS;
}

struct stage_needs {
    const struct stage_head *stage;
    size_t real_bytes;
    int64_t stage_bytes, thread_bytes;
};

/* Fewer chunks than these in a row with the same outer factors do not repay a table that holds
   them. */
enum { FEWEST_SAME_CHUNKS_BITS = 2 };

struct stage_needs stage_needs_begin(const struct stage_head *stage, int64_t real_bytes);
void stage_needs_add(struct stage_needs *needs, const struct step *step);

/* A step as the run needs it.

Attributes:
    table: real parts then imaginary ones, 2^chunk_qubits each; NULL when it has none.
    involved: the outer qubits on which its phases depend.
    combined: where in a thread's room the table lies that has the outer factors in it, behind a
        line that says for which chunks; 0 when they are multiplied by each time. */
struct ready_step {
    struct step step;
    void *table;
    uint64_t involved;
    size_t combined;
};

/* The stage's outer qubits on which a table's phases depend. */
uint64_t involved_qubits(const struct stage_head *stage, const struct step *step);

/* Multiply-adds that a step does, an amplitude of the chunk. */
double step_work(const struct step *step);

/* Factors of a chunk's bits that only the chunk's number tells. */
enum { OUTER_FACTORS = 2 * ((1 << UNBROKEN_BITS) + (1 << (LARGEST_CHUNK_QUBITS - UNBROKEN_BITS))) };

#endif
