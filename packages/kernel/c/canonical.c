/* In the magic basis, local unitaries are real rotations of four dimensions and exp(i (x XX + y YY +
z ZZ)) is diagonal (Makhlin, quant-ph/0002045). So M = K D P' with real K and P; the symmetric
M' M = P D^2 P' gives P, as the real matrix that diagonalises its real and its imaginary part at once
(Jacobi's method for both: Cardoso and Souloumiac, SIAM J. Matrix Anal. Appl. 17, 1996). */
#include "canonical.h"

#include <math.h>

static const double SAME = 1e-9;
static const double EXACT = 1e-28;
enum { MOST_SWEEPS = 30 };

/* Row by row, its imaginary part apart, for both are turned alike. */
struct symmetric {
    double re[16], im[16];
};

static double norm2(amplitude a) {
    return creal(a) * creal(a) + cimag(a) * cimag(a);
}

/* basis^dagger matrix basis, where the columns of the magic basis are (00 + 11), i (01 + 10),
   (01 - 10), i (00 - 11), over root 2: sums and differences alone. */
static void to_magic(const amplitude *matrix, amplitude *made) {
    amplitude rows[16];
    for (int i = 0; i < 4; i++) {
        amplitude a = matrix[i], b = matrix[4 + i], c = matrix[8 + i], d = matrix[12 + i];
        rows[i] = a + d;
        rows[4 + i] = CMPLX(cimag(b + c), -creal(b + c));
        rows[8 + i] = b - c;
        rows[12 + i] = CMPLX(cimag(a - d), -creal(a - d));
    }
    for (int i = 0; i < 16; i += 4) {
        amplitude a = rows[i], b = rows[i + 1], c = rows[i + 2], d = rows[i + 3];
        made[i] = (a + d) / 2;
        made[i + 1] = CMPLX(-cimag(b + c), creal(b + c)) / 2;
        made[i + 2] = (b - c) / 2;
        made[i + 3] = CMPLX(-cimag(a - d), creal(a - d)) / 2;
    }
}

/* basis matrix basis^dagger of a real one. */
static void from_magic(const double *matrix, amplitude *made) {
    amplitude rows[16];
    for (int i = 0; i < 4; i++) {
        double a = matrix[i], b = matrix[4 + i], c = matrix[8 + i], d = matrix[12 + i];
        rows[i] = CMPLX(a, d);
        rows[4 + i] = CMPLX(c, b);
        rows[8 + i] = CMPLX(-c, b);
        rows[12 + i] = CMPLX(a, -d);
    }
    for (int i = 0; i < 16; i += 4) {
        amplitude a = rows[i], b = rows[i + 1], c = rows[i + 2], d = rows[i + 3];
        amplitude turned_b = CMPLX(cimag(b), -creal(b)), turned_d = CMPLX(cimag(d), -creal(d));
        made[i] = (a + turned_d) / 2;
        made[i + 1] = (turned_b + c) / 2;
        made[i + 2] = (turned_b - c) / 2;
        made[i + 3] = (a - turned_d) / 2;
    }
}

/* matrix^T matrix, above its diagonal and on it. */
static void square(const amplitude *matrix, struct symmetric *made) {
    for (int p = 0; p < 4; p++)
        for (int q = p; q < 4; q++) {
            amplitude sum = 0;
            for (int i = 0; i < 4; i++)
                sum += matrix[4 * i + p] * matrix[4 * i + q];
            made->re[4 * p + q] = creal(sum);
            made->im[4 * p + q] = cimag(sum);
        }
}

struct turn {
    double cosine, sine;
};

/* The rotation of p and q that brings most of both parts of the matrix to its diagonal: by a quarter
   of the angle of (along, across). */
static struct turn find_turn(const struct symmetric *symmetric, int p, int q) {
    const double *re = symmetric->re, *im = symmetric->im;
    double difference_re = re[5 * p] - re[5 * q], twice_re = 2 * re[4 * p + q];
    double difference_im = im[5 * p] - im[5 * q], twice_im = 2 * im[4 * p + q];
    double along = difference_re * difference_re + difference_im * difference_im -
                   twice_re * twice_re - twice_im * twice_im;
    double across = 2 * (difference_re * twice_re + difference_im * twice_im);
    double length = sqrt(along * along + across * across);
    if (length == 0)
        return (struct turn){1, 0};
    /* The larger of both first: the smaller one would lose its digits in a difference. */
    double large = sqrt((1 + fabs(along) / length) / 2);
    double small = fabs(across) / (2 * length * large);
    double half_cosine = along >= 0 ? large : small;
    double half_sine = copysign(along >= 0 ? small : large, across);
    double cosine = sqrt((1 + half_cosine) / 2);
    return (struct turn){cosine, half_sine / (2 * cosine)};
}

/* Turns both sides of one part. */
static inline void turn_part(double *part, int p, int q, struct turn turn) {
    double c = turn.cosine, s = turn.sine;
    double pp = part[5 * p], pq = part[4 * p + q], qq = part[5 * q];
    part[5 * p] = c * c * pp + 2 * c * s * pq + s * s * qq;
    part[4 * p + q] = (c * c - s * s) * pq + c * s * (qq - pp);
    part[5 * q] = s * s * pp - 2 * c * s * pq + c * c * qq;
    for (int i = 0; i < 4; i++) {
        if (i == p || i == q)
            continue;
        double *a = part + (i < p ? 4 * i + p : 4 * p + i);
        double *b = part + (i < q ? 4 * i + q : 4 * q + i);
        double old = *a;
        *a = c * old + s * *b;
        *b = c * *b - s * old;
    }
}

static inline void turn_pair(struct symmetric *symmetric, double *vectors, int p, int q,
                             struct turn turn) {
    turn_part(symmetric->re, p, q, turn);
    turn_part(symmetric->im, p, q, turn);
    for (int i = 0; i < 16; i += 4) {
        double old = vectors[i + p];
        vectors[i + p] = turn.cosine * old + turn.sine * vectors[i + q];
        vectors[i + q] = turn.cosine * vectors[i + q] - turn.sine * old;
    }
}

static int is_diagonal(const struct symmetric *symmetric) {
    double largest = 0;
    for (int p = 0; p < 3; p++)
        for (int q = p + 1; q < 4; q++) {
            double re = symmetric->re[4 * p + q], im = symmetric->im[4 * p + q];
            largest = fmax(largest, re * re + im * im);
        }
    return largest <= EXACT;
}

/* Diagonalises a symmetric matrix whose real and imaginary parts commute. Two rotations at a time
   are of different rows. */
static int diagonalise(struct symmetric *symmetric, double *vectors) {
    for (int i = 0; i < 16; i++)
        vectors[i] = i % 5 == 0;
    for (int sweep = 0; sweep < MOST_SWEEPS; sweep++) {
        if (is_diagonal(symmetric))
            return 1;
        for (int q = 1; q < 4; q++) {
            const int first = q == 1 ? 2 : 1, second = q == 3 ? 2 : 3;
            struct turn one = find_turn(symmetric, 0, q);
            struct turn other = find_turn(symmetric, first, second);
            turn_pair(symmetric, vectors, 0, q, one);
            turn_pair(symmetric, vectors, first, second, other);
        }
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

/* exp(-i angle / 2) for the number exp(i angle), where that angle is between -pi and pi. */
static amplitude half_back(amplitude number) {
    double large = sqrt((1 + fabs(creal(number))) / 2), small = fabs(cimag(number)) / (2 * large);
    return creal(number) >= 0 ? CMPLX(large, copysign(small, -cimag(number)))
                              : CMPLX(small, copysign(large, -cimag(number)));
}

/* A rotation of four dimensions as a product of two unitaries on one qubit. */
static void split_rotation(const double *rotation, struct matrix2 *factors) {
    amplitude made[16];
    from_magic(rotation, made);
    split_product(made, factors);
}

int find_canonical(const amplitude *unitary, struct canonical *found) {
    amplitude m[16], values[4];
    double vectors[16], left[16], back[16], angles[4];
    struct symmetric symmetric;
    to_magic(unitary, m);
    square(m, &symmetric);
    if (!diagonalise(&symmetric, vectors))
        return 0;
    for (int i = 0; i < 4; i++)
        values[i] = CMPLX(symmetric.re[5 * i], symmetric.im[5 * i]);
    pair_up(values, vectors);
    if (determinant(vectors) < 0)
        for (int i = 0; i < 4; i++)
            vectors[4 * i] = -vectors[4 * i];
    /* The columns of m vectors are real but for phases that are half those of the values, up to a
       sign. */
    for (int column = 0; column < 4; column++) {
        amplitude phase = half_back(values[column]);
        angles[column] = carg(values[column]) / 2;
        for (int row = 0; row < 4; row++) {
            amplitude sum = 0;
            for (int i = 0; i < 4; i++)
                sum += m[4 * row + i] * vectors[4 * i + column];
            left[4 * row + column] = creal(sum * phase);
        }
    }
    if (determinant(left) < 0) {
        angles[0] += 3.14159265358979323846;
        for (int i = 0; i < 4; i++)
            left[4 * i] = -left[4 * i];
    }
    for (int i = 0; i < 16; i++)
        back[i] = vectors[4 * (i % 4) + i / 4];
    split_rotation(left, found->after);
    split_rotation(back, found->before);
    found->x = (angles[0] + angles[1] - angles[2] - angles[3]) / 4;
    found->y = (angles[1] + angles[3] - angles[0] - angles[2]) / 4;
    found->z = (angles[0] + angles[3] - angles[1] - angles[2]) / 4;
    return 1;
}
