/* The phases of a layer, as steps of a stage. */
#ifndef PHASES_H
#define PHASES_H

#include "layering.h"
#include "operations.h"
#include "plan_words.h"

/* The qubits of a stage. */
struct stage_bits {
    uint64_t active;
    uint64_t outer;
    /* The chunk's bit of each active qubit. */
    int8_t bits[64];
};

/* A layer's phases, summed as logarithms of their factors. */
struct layer_terms {
    amplitude ones[LARGEST_CHUNK_QUBITS];
    amplitude pairs[LARGEST_CHUNK_QUBITS][LARGEST_CHUNK_QUBITS];
    amplitude outer[64][LARGEST_CHUNK_QUBITS + 1];
    /* All others. */
    struct array terms;
};

/* The layer that was written last.

Attributes:
    turns_place, crosses_place: where in words it says whether these are sheared; 0 when there are
        none. */
struct last_layer {
    const int32_t *members;
    size_t num_members;
    size_t turns_place, crosses_place;
};

/* Appends a layer's phases: one table, or each by itself. With a table the last layer's turns and
   crosses are sheared. Returns a kernel_result. */
int write_phases(struct plan_writer *writer, const struct stage_bits *stage, const int32_t *chosen,
                 size_t count, const struct last_layer *last, struct layer_terms *sums);

static inline uint64_t chunk_mask(const struct stage_bits *stage, uint64_t qubits) {
    uint64_t mask = 0;
    for (qubits &= stage->active; qubits; qubits &= qubits - 1)
        mask |= bit_of(stage->bits[__builtin_ctzll(qubits)]);
    return mask;
}

static inline void begin_step(struct plan_writer *writer, enum step_kind kind) {
    append_word(&writer->words, kind);
    writer->num_steps++;
}

static inline void write_conditions(struct array *words, uint64_t outer_mask,
                                    uint64_t outer_value, uint64_t mask, uint64_t value) {
    append_word(words, (int64_t)outer_mask);
    append_word(words, (int64_t)outer_value);
    append_word(words, (int64_t)mask);
    append_word(words, (int64_t)value);
}

#endif
