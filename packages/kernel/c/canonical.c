/* In the magic basis, local unitaries are real rotations of four dimensions and exp(i (x XX + y YY +
z ZZ)) is diagonal (Makhlin, quant-ph/0002045). So M = K D P' with real K and P; the symmetric
M' M = P D^2 P' gives P, as the real matrix that diagonalises its real and its imaginary part at once
(Jacobi's method for both: Cardoso and Souloumiac, SIAM J. Matrix Anal. Appl. 17, 1996). */
#include "canonical.h"

#include <math.h>

static const double SAME = 1e-9;
static const double EXACT = 1e-28;
enum { MOST_SWEEPS = 30 };

/* Columns of the magic basis: (00 + 11), i (01 + 10), (01 - 10), i (00 - 11), over root 2. */
static void magic(amplitude *basis) {
    const double r = 0.70710678118654752440;
    const amplitude made[16] = {r, 0, 0, I * r, 0, I * r, r, 0, 0, I * r, -r, 0, r, 0, 0, -I * r};
    for (int i = 0; i < 16; i++)
        basis[i] = made[i];
}

static void multiply(const amplitude *a, const amplitude *b, amplitude *product) {
    for (int row = 0; row < 4; row++)
        for (int column = 0; column < 4; column++) {
            amplitude sum = 0;
            for (int i = 0; i < 4; i++)
                sum += a[4 * row + i] * b[4 * i + column];
            product[4 * row + column] = sum;
        }
}

static void adjoint(const amplitude *matrix, amplitude *made) {
    for (int row = 0; row < 4; row++)
        for (int column = 0; column < 4; column++)
            made[4 * row + column] = conj(matrix[4 * column + row]);
}

/* left^dagger matrix left */
static void change_basis(const amplitude *left, const amplitude *matrix, amplitude *made) {
    amplitude inverse[16], product[16];
    adjoint(left, inverse);
    multiply(inverse, matrix, product);
    multiply(product, left, made);
}

/* Turns columns p and q of `vectors`, and both sides of a symmetric matrix. */
static void turn_symmetric(amplitude *symmetric, double *vectors, int p, int q, double c, double s) {
    for (int i = 0; i < 4; i++) {
        amplitude a = symmetric[4 * i + p], b = symmetric[4 * i + q];
        symmetric[4 * i + p] = c * a + s * b;
        symmetric[4 * i + q] = c * b - s * a;
        double u = vectors[4 * i + p], v = vectors[4 * i + q];
        vectors[4 * i + p] = c * u + s * v;
        vectors[4 * i + q] = c * v - s * u;
    }
    for (int i = 0; i < 4; i++) {
        amplitude a = symmetric[4 * p + i], b = symmetric[4 * q + i];
        symmetric[4 * p + i] = c * a + s * b;
        symmetric[4 * q + i] = c * b - s * a;
    }
}

static double norm2(amplitude a) {
    return creal(a) * creal(a) + cimag(a) * cimag(a);
}

/* The rotation of p and q that brings most of both parts of the matrix to its diagonal: by a quarter
   of the angle of (along, across). */
static void turn_towards_diagonal(amplitude *symmetric, double *vectors, int p, int q) {
    amplitude difference = symmetric[5 * p] - symmetric[5 * q], twice = 2 * symmetric[4 * p + q];
    double along = norm2(difference) - norm2(twice);
    double across = 2 * creal(difference * conj(twice));
    double length = sqrt(along * along + across * across);
    double half_cosine = 1, half_sine = 0;
    /* The larger of both first: the smaller one would lose its digits in a difference. */
    if (length > 0 && along >= 0) {
        half_cosine = sqrt((1 + along / length) / 2);
        half_sine = across / (2 * length * half_cosine);
    } else if (length > 0) {
        half_sine = copysign(sqrt((1 - along / length) / 2), across);
        half_cosine = across / (2 * length * half_sine);
    }
    double cosine = sqrt((1 + half_cosine) / 2);
    turn_symmetric(symmetric, vectors, p, q, cosine, half_sine / (2 * cosine));
}

/* Diagonalises a symmetric matrix whose real and imaginary parts commute. */
static int diagonalise(amplitude *symmetric, double *vectors) {
    for (int i = 0; i < 16; i++)
        vectors[i] = i % 5 == 0;
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
        int turned = 0;
        for (int p = 0; p < 3; p++)
            for (int q = p + 1; q < 4; q++)
                if (norm2(symmetric[4 * p + q]) > EXACT) {
                    turn_towards_diagonal(symmetric, vectors, p, q);
                    turned = 1;
                }
        if (!turned)
            return 1;
    }
    return 0;
}

static double determinant3(const double *m, int skipped_column) {
    double c[3][3];
    for (int row = 1; row < 4; row++)
        for (int column = 0, place = 0; column < 4; column++)
            if (column != skipped_column)
                c[row - 1][place++] = m[4 * row + column];
    return c[0][0] * (c[1][1] * c[2][2] - c[1][2] * c[2][1]) -
           c[0][1] * (c[1][0] * c[2][2] - c[1][2] * c[2][0]) +
           c[0][2] * (c[1][0] * c[2][1] - c[1][1] * c[2][0]);
}

static double determinant(const double *m) {
    double sum = 0;
    for (int column = 0; column < 4; column++)
        sum += (column % 2 ? -1 : 1) * m[column] * determinant3(m, column);
    return sum;
}

/* Brings equal eigenvalues to places 0 and 3 and to 1 and 2, where there are two such pairs: then ZZ
   alone entangles. */
static void pair_up(amplitude *values, double *vectors) {
    static const int partners[3] = {3, 1, 2};
    for (int which = 0; which < 3; which++) {
        int partner = partners[which], rest[2], count = 0;
        for (int i = 1; i < 4; i++)
            if (i != partner)
                rest[count++] = i;
        if (norm2(values[0] - values[partner]) > SAME * SAME ||
            norm2(values[rest[0]] - values[rest[1]]) > SAME * SAME)
            continue;
        if (partner == 3)
            return;
        amplitude value = values[partner];
        values[partner] = values[3];
        values[3] = value;
        for (int i = 0; i < 4; i++) {
            double entry = vectors[4 * i + partner];
            vectors[4 * i + partner] = vectors[4 * i + 3];
            vectors[4 * i + 3] = entry;
        }
        return;
    }
}

/* The factors of second x first. */
static void split_product(const amplitude *product, struct matrix2 *factors) {
    int largest = 0;
    for (int i = 1; i < 16; i++)
        if (norm2(product[i]) > norm2(product[largest]))
            largest = i;
    int row = largest / 4, column = largest % 4;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2; j++) {
            factors[0].at[2 * i + j] = product[4 * ((row & 2) | i) + ((column & 2) | j)];
            factors[1].at[2 * i + j] = product[4 * ((row & 1) | 2 * i) + ((column & 1) | 2 * j)];
        }
    for (int which = 0; which < 2; which++) {
        const amplitude *at = factors[which].at;
        double length = sqrt(norm2(at[0]) + norm2(at[2]));
        for (int i = 0; i < 4; i++)
            factors[which].at[i] /= length;
    }
}

/* basis real basis^dagger, as a product of two unitaries on one qubit. */
static void split_rotation(const amplitude *basis, const amplitude *rotation,
                           struct matrix2 *factors) {
    amplitude inverse[16], made[16];
    adjoint(basis, inverse);
    change_basis(inverse, rotation, made);
    split_product(made, factors);
}

int find_canonical(const amplitude *unitary, struct canonical *found) {
    amplitude basis[16], m[16], symmetric[16], values[4], rotation[16], back[16], transposed[16];
    double vectors[16], left[16], angles[4];
    magic(basis);
    change_basis(basis, unitary, m);
    for (int i = 0; i < 16; i++)
        transposed[i] = m[4 * (i % 4) + i / 4];
    multiply(transposed, m, symmetric);
    if (!diagonalise(symmetric, vectors))
        return 0;
    for (int i = 0; i < 4; i++)
        values[i] = symmetric[5 * i];
    pair_up(values, vectors);
    if (determinant(vectors) < 0)
        for (int i = 0; i < 4; i++)
            vectors[4 * i] = -vectors[4 * i];
    for (int i = 0; i < 16; i++) {
        rotation[i] = vectors[i];
        back[i] = vectors[4 * (i % 4) + i / 4];
    }
    amplitude product[16];
    multiply(m, rotation, product);
    /* Its columns are real but for phases that are half those of the values, up to a sign. */
    for (int column = 0; column < 4; column++)
        angles[column] = carg(values[column]) / 2;
    for (int i = 0; i < 16; i++)
        left[i] = creal(product[i] * CMPLX(cos(angles[i % 4]), -sin(angles[i % 4])));
    if (determinant(left) < 0) {
        angles[0] += 3.14159265358979323846;
        for (int i = 0; i < 4; i++)
            left[4 * i] = -left[4 * i];
    }
    for (int i = 0; i < 16; i++)
        rotation[i] = left[i];
    split_rotation(basis, rotation, found->after);
    split_rotation(basis, back, found->before);
    found->x = (angles[0] + angles[1] - angles[2] - angles[3]) / 4;
    found->y = (angles[1] + angles[3] - angles[0] - angles[2]) / 4;
    found->z = (angles[0] + angles[3] - angles[1] - angles[2]) / 4;
    return 1;
}
