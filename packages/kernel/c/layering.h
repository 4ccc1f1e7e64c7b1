/* The steps of a stage. */
#ifndef LAYERING_H
#define LAYERING_H

#include "primitives.h"
#include "staging.h"

/* The plan as it is being written.

Attributes:
    scale: of the stored amplitudes, not applied yet.
    touched: stored qubits that may differ from |0>.
    num_steps: of the stage that is being written. */
struct plan_writer {
    int num_qubits, contiguous_qubits;
    const double *matrices;
    const struct primitive *primitives;
    struct array words, numbers;
    int64_t num_steps;
    double scale;
    uint64_t touched;
};

/* Appends the stage's words and numbers. Returns a kernel_result. */
int write_stage(struct plan_writer *writer, const struct stage_choice *choice);

#endif
