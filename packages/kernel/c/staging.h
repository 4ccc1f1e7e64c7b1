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
    /* The qubits that may differ from |0>. */
    uint64_t touched;
    /* The primitives that are still to be done, in order. */
    struct sketch *remaining;
    size_t num_remaining;
    /* Room for the chosen ones, and for a mark on each. */
    int32_t *chosen;
    uint8_t *done;
};

/* The first layer in which a phase, and a turn, of a qubit may stand. */
struct layering {
    int32_t phases_from[64], turns_from[64];
};

/* The earliest layer for a primitive that comes after those placed before: phases of a layer are
   done before its turns. */
static inline int32_t place_in_layer(struct layering *layering, uint64_t turned, uint64_t mask) {
    int32_t layer = 0;
    for (uint64_t left = mask; left; left &= left - 1) {
        int32_t from = layering->phases_from[__builtin_ctzll(left)];
        layer = from > layer ? from : layer;
    }
    for (uint64_t left = turned; left; left &= left - 1) {
        int32_t from = layering->turns_from[__builtin_ctzll(left)];
        layer = from > layer ? from : layer;
    }
    int32_t next_turn = turned ? layer + 1 : layer;
    for (uint64_t left = mask; left; left &= left - 1) {
        int32_t *from = layering->turns_from + __builtin_ctzll(left);
        *from = next_turn > *from ? next_turn : *from;
    }
    for (uint64_t left = turned; left; left &= left - 1) {
        int qubit = __builtin_ctzll(left);
        layering->phases_from[qubit] = layering->turns_from[qubit] = layer + 1;
    }
    return layer;
}

/* What a primitive costs, beside others; nothing for phases. */
int primitive_work(const struct primitive *primitive);

/* Chooses the next stage and takes its primitives off the remaining ones. Returns 0 when nothing is
   left to do. */
int next_stage(struct staging *staging, struct stage_choice *choice);

#endif
