/* The operations by number, in the order of qcexec_kernel.operations.NAMES, and their matrices. */
#ifndef OPERATIONS_H
#define OPERATIONS_H

#include <complex.h>
#include <stdint.h>

typedef double complex amplitude;

enum operation_name {
    GATE_X, GATE_Y, GATE_Z, GATE_H, GATE_S, GATE_SDG, GATE_T, GATE_TDG, GATE_SX, GATE_SXDG,
    GATE_RX, GATE_RY, GATE_RZ, GATE_P, GATE_U,
    GATE_SWAP, GATE_ISWAP, GATE_RXX, GATE_RYY, GATE_RZZ, GATE_RZX, GATE_ECR, GATE_DCX,
    GATE_UNITARY,
    NUM_OPERATION_NAMES
};

/* Row by row: [0 1; 2 3]. */
struct matrix2 {
    amplitude at[4];
};

/* How many targets a gate has; 0 for GATE_UNITARY, which has as many as it is given. */
int gate_num_targets(int name);

/* How many numbers follow an operation: angles, or real and imaginary parts of a matrix. */
int64_t gate_num_angles(int name, int num_targets);

/* The matrix of a gate with one target, in Qiskit's conventions. */
struct matrix2 gate_matrix(int name, const double *angles);

/* The matrix of a gate with two targets, 4 by 4, row by row; the first target is the lowest bit. */
void gate_matrix4(int name, const double *angles, amplitude *matrix);

struct matrix2 matrix2_product(struct matrix2 later, struct matrix2 earlier);

/* A unitary as basis diag(phases) basis^dagger. */
struct spectrum {
    struct matrix2 basis;
    struct matrix2 basis_inverse;
    double phases[2];
};
struct spectrum matrix2_spectrum(struct matrix2 unitary);

#endif
