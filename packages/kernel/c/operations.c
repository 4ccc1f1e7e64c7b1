#include "operations.h"

#include <math.h>

static const double HALF_ROOT = 0.70710678118654752440;

int gate_num_targets(int name) {
    return name <= GATE_U ? 1 : name <= GATE_DCX ? 2 : 0;
}

int64_t gate_num_angles(int name, int num_targets) {
    switch (name) {
    case GATE_RX: case GATE_RY: case GATE_RZ: case GATE_P:
    case GATE_RXX: case GATE_RYY: case GATE_RZZ: case GATE_RZX:
        return 1;
    case GATE_U:
        return 3;
    case GATE_UNITARY:
        return (int64_t)2 << (2 * num_targets);
    default:
        return 0;
    }
}

static amplitude phase(double angle) {
    return CMPLX(cos(angle), sin(angle));
}

struct matrix2 gate_matrix(int name, const double *angles) {
    switch (name) {
    case GATE_X: return (struct matrix2){{0, 1, 1, 0}};
    case GATE_Y: return (struct matrix2){{0, -I, I, 0}};
    case GATE_Z: return (struct matrix2){{1, 0, 0, -1}};
    case GATE_H: return (struct matrix2){{HALF_ROOT, HALF_ROOT, HALF_ROOT, -HALF_ROOT}};
    case GATE_S: return (struct matrix2){{1, 0, 0, I}};
    case GATE_SDG: return (struct matrix2){{1, 0, 0, -I}};
    case GATE_T: return (struct matrix2){{1, 0, 0, CMPLX(HALF_ROOT, HALF_ROOT)}};
    case GATE_TDG: return (struct matrix2){{1, 0, 0, CMPLX(HALF_ROOT, -HALF_ROOT)}};
    case GATE_SX:
        return (struct matrix2){
            {CMPLX(0.5, 0.5), CMPLX(0.5, -0.5), CMPLX(0.5, -0.5), CMPLX(0.5, 0.5)}};
    case GATE_SXDG:
        return (struct matrix2){
            {CMPLX(0.5, -0.5), CMPLX(0.5, 0.5), CMPLX(0.5, 0.5), CMPLX(0.5, -0.5)}};
    case GATE_RZ: return (struct matrix2){{phase(-angles[0] / 2), 0, 0, phase(angles[0] / 2)}};
    case GATE_P: return (struct matrix2){{1, 0, 0, phase(angles[0])}};
    default: break;
    }
    double stay = cos(angles[0] / 2), turn = sin(angles[0] / 2);
    switch (name) {
    case GATE_RX:
        return (struct matrix2){{stay, CMPLX(0, -turn), CMPLX(0, -turn), stay}};
    case GATE_RY:
        return (struct matrix2){{stay, -turn, turn, stay}};
    default:
        return (struct matrix2){{stay, -phase(angles[2]) * turn, phase(angles[1]) * turn,
                                 phase(angles[1] + angles[2]) * stay}};
    }
}

void gate_matrix4(int name, const double *angles, amplitude *matrix) {
    double stay = 0, turn = 0;
    for (int i = 0; i < 16; i++)
        matrix[i] = 0;
    if (gate_num_angles(name, 2) == 1) {
        stay = cos(angles[0] / 2);
        turn = sin(angles[0] / 2);
        for (int i = 0; i < 4; i++)
            matrix[5 * i] = stay;
    }
    switch (name) {
    case GATE_SWAP:
        matrix[0] = matrix[6] = matrix[9] = matrix[15] = 1;
        break;
    case GATE_ISWAP:
        matrix[0] = matrix[15] = 1;
        matrix[6] = matrix[9] = I;
        break;
    case GATE_RXX:
        matrix[3] = matrix[6] = matrix[9] = matrix[12] = CMPLX(0, -turn);
        break;
    case GATE_RYY:
        matrix[3] = matrix[12] = CMPLX(0, turn);
        matrix[6] = matrix[9] = CMPLX(0, -turn);
        break;
    case GATE_RZZ:
        matrix[0] = matrix[15] = CMPLX(stay, -turn);
        matrix[5] = matrix[10] = CMPLX(stay, turn);
        break;
    case GATE_RZX:
        matrix[2] = matrix[8] = CMPLX(0, -turn);
        matrix[7] = matrix[13] = CMPLX(0, turn);
        break;
    case GATE_ECR:
        matrix[1] = matrix[4] = HALF_ROOT;
        matrix[3] = matrix[9] = CMPLX(0, HALF_ROOT);
        matrix[6] = matrix[12] = CMPLX(0, -HALF_ROOT);
        matrix[11] = matrix[14] = HALF_ROOT;
        break;
    case GATE_DCX:
        matrix[0] = matrix[7] = matrix[9] = matrix[14] = 1;
        break;
    default:
        break;
    }
}

struct matrix2 matrix2_product(struct matrix2 later, struct matrix2 earlier) {
    const amplitude *a = later.at, *b = earlier.at;
    return (struct matrix2){{a[0] * b[0] + a[1] * b[2], a[0] * b[1] + a[1] * b[3],
                             a[2] * b[0] + a[3] * b[2], a[2] * b[1] + a[3] * b[3]}};
}

/* A unitary is exp(i mean) (cos w - i sin w (n . sigma)) with a unit vector n: its eigenvectors are
   those of n . sigma, which a rotation takes from the z axis to n. */
struct spectrum matrix2_spectrum(struct matrix2 unitary) {
    const amplitude *u = unitary.at;
    double mean = carg(u[0] * u[3] - u[1] * u[2]) / 2;
    amplitude unphase = phase(-mean);
    double x = -cimag((u[1] + u[2]) * unphase) / 2;
    double y = -creal((u[1] - u[2]) * unphase) / 2;
    double z = -cimag((u[0] - u[3]) * unphase) / 2;
    double across = hypot(x, y), length = hypot(across, z);
    double half_turn = atan2(length, creal((u[0] + u[3]) * unphase) / 2);
    struct spectrum found;
    found.phases[0] = mean - half_turn;
    found.phases[1] = mean + half_turn;
    double polar = atan2(across, z) / 2;
    amplitude azimuth = across > 0 ? CMPLX(x / across, y / across) : 1;
    double stay = cos(polar), turn = sin(polar);
    found.basis = (struct matrix2){{stay, -conj(azimuth) * turn, azimuth * turn, stay}};
    found.basis_inverse =
        (struct matrix2){{stay, conj(azimuth) * turn, -azimuth * turn, stay}};
    return found;
}
