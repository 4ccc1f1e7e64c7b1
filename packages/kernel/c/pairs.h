/* Runs of operations on the same two qubits, which become one unitary. */
#ifndef PAIRS_H
#define PAIRS_H

#include "circuit.h"

/* Where an operation stands in a run. */
enum pair_place { PAIR_NONE, PAIR_FIRST, PAIR_INSIDE, PAIR_LAST };

/* The place of each operation. Only runs that entangle twice or more, with something between that is
   not diagonal, are found: others are done best as they stand. `most_bytes` becomes what that took. */
int find_pairs(const struct kernel_circuit *circuit, uint8_t *places, size_t *most_bytes);

/* A run's unitary as far as it has been read, on its two qubits in ascending order. */
struct pair {
    int qubits[2];
    amplitude matrix[16];
};

void begin_pair(struct pair *pair, const struct operation *operation);
void add_to_pair(struct pair *pair, const struct operation *operation);

#endif
