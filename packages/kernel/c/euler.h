/* Unitaries on one qubit as three angles, up to a phase of the whole state:

    diag(1, exp(i after)) Ry(turn) diag(1, exp(i before))

Gates are given in this form, so most circuits are lowered without a single matrix. */
#ifndef EULER_H
#define EULER_H

#include "operations.h"

struct euler {
    double before, turn, after;
};

static const double PI = 3.14159265358979323846;

/* The gate with one target, GATE_UNITARY aside. */
struct euler gate_euler(int name, const double *angles);
struct euler matrix_euler(struct matrix2 matrix);

struct matrix2 turn_matrix(double angle);

/* The same angle between -pi and pi. */
double reduced(double angle);

#endif
