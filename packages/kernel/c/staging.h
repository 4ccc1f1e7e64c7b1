/* Which primitives each stage does, and with which qubits in its chunks. */
#ifndef STAGING_H
#define STAGING_H

#include "control.h"
#include "trials.h"

/* What staging is given.

Attributes:
    probabilities_only: whether phases that nothing turns afterwards may be left out.
    touched: the qubits that may differ from |0> before the first stage. */
struct staging {
    struct sizes sizes;
    int probabilities_only;
    uint64_t touched;
    const struct primitive *primitives;
    size_t num_primitives;
    const struct kernel_control *control;
};

/* All stages.

Attributes:
    active: the qubits in each one's chunks.
    primitives: by index, those of each stage in order, one stage after the other.
    starts: where each stage's begin, and the last one's end.
    bytes, most_bytes: what they take, and what choosing them took at most. */
struct stages {
    int32_t count;
    uint64_t *active;
    int32_t *primitives, *starts;
    size_t bytes, most_bytes;
};

/* Returns a kernel_result; `stages` is to be freed whatever that is. */
int choose_stages(const struct staging *staging, struct stages *stages);
void free_stages(struct stages *stages);

#endif
