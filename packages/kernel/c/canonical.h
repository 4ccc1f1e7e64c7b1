/* Unitaries on two qubits by what entangles (the Cartan decomposition):

    U = (after[1] x after[0]) exp(i (x XX + y YY + z ZZ)) (before[1] x before[0])

up to a phase. XX + YY turns |00> and |11> into each other by x - y, and |01> and |10> by x + y. */
#ifndef CANONICAL_H
#define CANONICAL_H

#include "operations.h"

struct canonical {
    struct matrix2 before[2], after[2];
    double x, y, z;
};

/* `unitary` is 4 by 4, row by row; its first qubit is the lowest bit. Where ZZ alone entangles, x
   and y are multiples of a right angle together. Returns 0 for what is not unitary. */
int find_canonical(const amplitude *unitary, struct canonical *found);

#endif
