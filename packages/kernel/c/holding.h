/* The state of lowering, and what it can do: lowering.c does it for each gate. */
#ifndef HOLDING_H
#define HOLDING_H

#include "euler.h"
#include "primitives.h"

/* A unitary on one qubit that is held back: diag(1, exp(i after)) M diag(1, exp(i before)), where M is
   Ry(turn), or a matrix as long as nobody asks for its angles. */
struct held {
    double before, turn, after;
    int has_matrix;
    struct matrix2 matrix;
};

struct lowering {
    struct lowered *out;
    struct held held[64];
    /* Stored qubits that may differ from |0>. */
    uint64_t touched;
};

/* Holds a unitary on one qubit back, behind what is held back there already. */
void apply_one(struct lowering *state, int qubit, struct euler unitary);
void apply_matrix(struct lowering *state, int qubit, struct matrix2 unitary);

/* Whether what is held back on a qubit is diagonal. */
int is_held_diagonal(struct lowering *state, int qubit);

/* exp(i angle) where all qubits of `mask` hold ones, in the circuit's meaning of one. What is held
   back on them is done before. */
void phase_on(struct lowering *state, uint64_t mask, double angle);

/* X on the target where all controls are one, as an exchange of amplitudes. */
void exchange(struct lowering *state, int target, uint64_t controls);

/* A unitary on some targets where all controls are one; its matrix row by row. */
void dense(struct lowering *state, const double *matrix, int num_targets, const int *targets,
           uint64_t controls);

/* The rotation exp(i (x XX + y YY + z ZZ)) of two qubits, whose stored places may be exchanged. */
void entangle(struct lowering *state, uint8_t *first, uint8_t *second, double x, double y,
              double z);

/* Does all that is held back. */
void release_everything(struct lowering *state, int num_qubits);

#endif
