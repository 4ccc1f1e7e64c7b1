#include "euler.h"

#include <math.h>

double reduced(double angle) {
    return fabs(angle) <= PI ? angle : remainder(angle, 2 * PI);
}

struct euler gate_euler(int name, const double *angles) {
    switch (name) {
    case GATE_X: return (struct euler){PI, PI, 0};
    case GATE_Y: return (struct euler){0, PI, 0};
    case GATE_Z: return (struct euler){0, 0, PI};
    case GATE_H: return (struct euler){PI, PI / 2, 0};
    case GATE_S: return (struct euler){0, 0, PI / 2};
    case GATE_SDG: return (struct euler){0, 0, -PI / 2};
    case GATE_T: return (struct euler){0, 0, PI / 4};
    case GATE_TDG: return (struct euler){0, 0, -PI / 4};
    case GATE_SX: return (struct euler){PI / 2, PI / 2, -PI / 2};
    case GATE_SXDG: return (struct euler){PI / 2, -PI / 2, -PI / 2};
    case GATE_RX: return (struct euler){PI / 2, angles[0], -PI / 2};
    case GATE_RY: return (struct euler){0, angles[0], 0};
    case GATE_RZ: case GATE_P: return (struct euler){0, 0, angles[0]};
    default: return (struct euler){angles[2], angles[0], angles[1]};
    }
}

static double length(amplitude a) {
    return sqrt(creal(a) * creal(a) + cimag(a) * cimag(a));
}

/* Of the two phases each is read where the entries are large: their sum on the diagonal, their
   difference off it. */
struct euler matrix_euler(struct matrix2 matrix) {
    amplitude a = matrix.at[0], b = matrix.at[1], c = matrix.at[2], d = matrix.at[3];
    double stay = length(a), flip = length(c);
    if (flip < 1e-15)
        return (struct euler){0, 0, carg(d * conj(a))};
    if (stay < 1e-15)
        return (struct euler){0, PI, carg(-c * conj(b))};
    double before = carg(-b * conj(a));
    double after = stay > flip ? carg(d * conj(a)) - before : carg(-c * conj(b)) + before;
    return (struct euler){before, 2 * atan2(flip, stay), after};
}

struct matrix2 turn_matrix(double angle) {
    double stay = cos(angle / 2), flip = sin(angle / 2);
    return (struct matrix2){{stay, -flip, flip, stay}};
}
