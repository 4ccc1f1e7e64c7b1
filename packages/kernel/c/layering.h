/* The steps of a stage. */
#ifndef LAYERING_H
#define LAYERING_H

#include "primitives.h"

/* What a stage does.

Attributes:
    active: the chunks' qubits.
    chosen: the primitives, by index, in order. */
struct stage_choice {
    uint64_t active;
    const int32_t *chosen;
    size_t num_chosen;
};

/* The plan as it is being written.

Attributes:
    scale: of the stored amplitudes, not applied yet.
    touched: stored qubits that may differ from |0>.
    num_stages: as they are written.
    num_steps: of the stage that is being written.
    stage_bytes: what writing a stage took at most, beside words and numbers. */
struct plan_writer {
    int num_qubits, contiguous_qubits;
    const double *matrices;
    const struct primitive *primitives;
    struct array words, numbers;
    int64_t num_stages, num_steps;
    double scale;
    uint64_t touched;
    size_t stage_bytes;
};

/* Appends the stage's words and numbers; where it has many layers, as several stages with the same
   chunks. Returns a kernel_result. */
int write_stage(struct plan_writer *writer, const struct stage_choice *choice);

#endif
