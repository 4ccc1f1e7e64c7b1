/* Which primitives a stage does, and with which qubits in its chunks. */
#ifndef STAGING_H
#define STAGING_H

#include "primitives.h"

struct stage_choice {
    /* The chunks' qubits. */
    uint64_t active;
    /* The primitives that the stage does, by index, in order. */
    int32_t *chosen;
    size_t num_chosen;
};

/* What staging needs of a primitive. */
struct sketch {
    uint64_t turned, mask;
    int32_t primitive, work;
};

struct staging {
    int num_qubits, chunk_qubits, contiguous_qubits;
    int probabilities_only;
    /* The primitives that are still to be done, in order. */
    struct sketch *remaining;
    size_t num_remaining;
    /* Room for the chosen ones, and for a mark on each. */
    int32_t *chosen;
    uint8_t *done;
};

/* What a primitive costs, beside others; nothing for phases. */
int primitive_work(const struct primitive *primitive);

/* Chooses the next stage and takes its primitives off the remaining ones. Returns 0 when nothing is
   left to do. */
int next_stage(struct staging *staging, struct stage_choice *choice);

#endif
