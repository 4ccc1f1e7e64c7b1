/* A circuit's operations, one after the other. */
#ifndef CIRCUIT_H
#define CIRCUIT_H

#include "kernel.h"
#include "operations.h"

struct operation {
    int64_t index;
    int name, num_controls, num_targets;
    const uint8_t *controls, *targets;
    const double *angles;
};

struct operation first_operation(const struct kernel_circuit *circuit);
void next_operation(const struct kernel_circuit *circuit, struct operation *operation);

/* The matrix of an operation with one target. */
struct matrix2 operation_matrix(const struct operation *operation);

/* Whether each operation is known and has the operands and angles that it needs: a kernel_result. */
int check_circuit(const struct kernel_circuit *circuit);

/* For each operation whether the next one on its last operand, phases aside, does not turn that
   qubit on its own: where it does, a change of basis after this operation merges with it. */
void find_lonely(const struct kernel_circuit *circuit, uint8_t *lonely);

#endif
