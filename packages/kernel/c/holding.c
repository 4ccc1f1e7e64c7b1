/* Lowering: a circuit becomes turns, phases, crosses, exchanges and dense unitaries.

A unitary on one qubit is held back, as the three angles of euler.h, until something needs it done,
and multiplied with the next ones. Where that takes more than adding angles it becomes a matrix, so
that a product of many is taken apart once. Then its right diagonal becomes a phase, its rotation a turn, and
its left diagonal is held back again, for it commutes with every phase. Three things cost nothing at
all:
- X, and the half turn in rotations of more than 90 degrees, exchange the meaning of a stored
  qubit's zeros and ones (`flips`), so every turn's tangent is at most one;
- swap exchanges the stored qubits of two qubits (`positions`);
- what depends on a stored qubit that still is |0> is known.
*/
#include "holding.h"

#include <math.h>
#include <string.h>

static const double NO_ANGLE = 1e-15, SAME_ANGLE = 1e-15;

static struct primitive *append(struct lowering *state, enum primitive_kind kind) {
    struct primitive *made = array_grow(&state->out->primitives, sizeof *made, 1);
    if (made != NULL) {
        memset(made, 0, sizeof *made);
        made->kind = kind;
    }
    return made;
}

static void append_pattern(struct lowering *state, uint64_t mask, uint64_t value, double angle) {
    angle = reduced(angle);
    if (mask == 0 || fabs(angle) < NO_ANGLE)
        return;
    struct primitive *made = append(state, PRIMITIVE_PHASE);
    if (made == NULL)
        return;
    made->mask = mask;
    made->value = value;
    made->number[1] = angle;
}

/* exp(i angle) where all qubits of `mask` hold ones, in the circuit's meaning of one. On one or two
   qubits it is written without zeros, by 1 - x for x, for such terms add up. */
static void append_phase(struct lowering *state, uint64_t mask, double angle) {
    uint64_t value = mask & ~state->out->flips;
    if (value & ~state->touched)
        return;
    mask &= state->touched;
    value &= mask;
    uint64_t zeros = mask & ~value;
    if (__builtin_popcountll(mask) > 2 || zeros == 0) {
        append_pattern(state, mask, value, angle);
    } else if (zeros == mask && value == 0 && __builtin_popcountll(mask) == 2) {
        uint64_t first = mask & -mask;
        append_pattern(state, first, first, -angle);
        append_pattern(state, mask ^ first, mask ^ first, -angle);
        append_pattern(state, mask, mask, angle);
    } else {
        append_pattern(state, value, value, angle);
        append_pattern(state, mask, mask, -angle);
    }
}

/* Finds the angles of what is held back. */
static void take_apart(struct held *held) {
    if (!held->has_matrix)
        return;
    struct euler found = matrix_euler(held->matrix);
    *held = (struct held){.before = held->before + found.before,
                          .turn = found.turn,
                          .after = found.after + held->after};
}

/* Does what is held back on a qubit, but for a diagonal, which stays. */
static void release(struct lowering *state, int qubit) {
    struct held *held = state->held + qubit;
    take_apart(held);
    if (held->turn == 0)
        return;
    append_phase(state, bit_of(qubit), held->before);
    double turn = reduced(held->turn);
    if (fabs(turn) > PI / 2 + 1e-12) {
        append_phase(state, bit_of(qubit), PI);
        state->out->flips ^= bit_of(qubit);
        turn += turn > 0 ? -PI : PI;
    }
    if (fabs(turn) > NO_ANGLE) {
        struct primitive *made = append(state, PRIMITIVE_TURN);
        if (made != NULL) {
            made->turned = bit_of(qubit);
            made->number[0] = tan((state->out->flips >> qubit & 1 ? -turn : turn) / 2);
        }
        state->touched |= bit_of(qubit);
    }
    *held = (struct held){.after = held->after};
}

/* diag(1, exp(i angle)) matrix */
static struct matrix2 phase_rows(double angle, struct matrix2 matrix) {
    if (angle == 0)
        return matrix;
    amplitude phase = CMPLX(cos(angle), sin(angle));
    matrix.at[2] *= phase;
    matrix.at[3] *= phase;
    return matrix;
}

/* Turns about the same axis add up; behind a half turn about z they subtract. */
void apply_one(struct lowering *state, int qubit, struct euler unitary) {
    struct held *held = state->held + qubit;
    double between = reduced(unitary.before + held->after);
    if (!held->has_matrix && held->turn == 0) {
        held->before += between;
        held->turn = unitary.turn;
    } else if (unitary.turn == 0 || (!held->has_matrix && fabs(between) < SAME_ANGLE)) {
        held->turn += unitary.turn;
        unitary.after += between;
    } else if (!held->has_matrix && fabs(between) > PI - SAME_ANGLE) {
        held->before += PI;
        held->turn = unitary.turn - held->turn;
    } else {
        struct matrix2 right = held->has_matrix ? held->matrix : turn_matrix(held->turn);
        held->matrix = matrix2_product(turn_matrix(unitary.turn), phase_rows(between, right));
        held->has_matrix = 1;
    }
    held->after = unitary.after;
}

void apply_matrix(struct lowering *state, int qubit, struct matrix2 unitary) {
    struct held *held = state->held + qubit;
    if (held->has_matrix || held->turn != 0) {
        struct matrix2 right = held->has_matrix ? held->matrix : turn_matrix(held->turn);
        held->matrix = matrix2_product(unitary, phase_rows(held->after, right));
    } else {
        held->before += held->after;
        held->matrix = unitary;
    }
    held->has_matrix = 1;
    held->after = 0;
}

int is_held_diagonal(struct lowering *state, int qubit) {
    take_apart(state->held + qubit);
    return state->held[qubit].turn == 0;
}

/* Does all that is held back on a qubit. */
static void release_all(struct lowering *state, int qubit) {
    release(state, qubit);
    append_phase(state, bit_of(qubit), state->held[qubit].before + state->held[qubit].after);
    state->held[qubit] = (struct held){0};
}

static void release_mask(struct lowering *state, uint64_t mask) {
    for (; mask; mask &= mask - 1)
        release(state, __builtin_ctzll(mask));
}

void phase_on(struct lowering *state, uint64_t mask, double angle) {
    release_mask(state, mask);
    append_phase(state, mask, angle);
}

void exchange(struct lowering *state, int target, uint64_t controls) {
    release_mask(state, controls);
    release_all(state, target);
    uint64_t value = controls & ~state->out->flips;
    if (value & ~state->touched)
        return;
    controls &= state->touched;
    if (controls == 0) {
        state->out->flips ^= bit_of(target);
        return;
    }
    struct primitive *made = append(state, PRIMITIVE_EXCHANGE);
    if (made != NULL) {
        made->turned = bit_of(target);
        made->mask = controls;
        made->value = value & controls;
    }
    state->touched |= bit_of(target);
}

void dense(struct lowering *state, const double *matrix, int num_targets, const int *targets,
           uint64_t controls) {
    uint64_t turned = 0;
    int64_t size = (int64_t)1 << num_targets, flips = 0;
    for (int i = 0; i < num_targets; i++) {
        turned |= bit_of(targets[i]);
        release_all(state, targets[i]);
        flips |= (int64_t)(state->out->flips >> targets[i] & 1) << i;
    }
    release_mask(state, controls);
    uint64_t value = controls & ~state->out->flips;
    if (value & ~state->touched)
        return;
    controls &= state->touched;
    int64_t place = (int64_t)state->out->matrices.count;
    double *copy = array_grow(&state->out->matrices, sizeof *copy, (size_t)(2 * size * size));
    struct primitive *made = append(state, PRIMITIVE_DENSE);
    if (made == NULL || copy == NULL)
        return;
    for (int64_t row = 0; row < size; row++)
        for (int64_t column = 0; column < size; column++) {
            const double *from = matrix + 2 * ((row ^ flips) * size + (column ^ flips));
            *copy++ = from[0];
            *copy++ = from[1];
        }
    made->turned = turned;
    made->mask = controls;
    made->value = value & controls;
    made->matrix = place;
    made->num_targets = num_targets;
    for (int i = 0; i < num_targets; i++)
        made->targets[i] = (uint8_t)targets[i];
    state->touched |= turned;
}

/* A factor, whose logarithm is given, where exactly one of two stored qubits is one. */
static void append_parity(struct lowering *state, int first, int second, amplitude logarithm) {
    const uint64_t masks[3] = {bit_of(first), bit_of(second), bit_of(first) | bit_of(second)};
    for (int i = 0; i < 3; i++) {
        amplitude part = i == 2 ? -2 * logarithm : logarithm;
        double angle = reduced(cimag(part));
        if (masks[i] & ~state->touched || (fabs(angle) < NO_ANGLE && creal(part) == 0))
            continue;
        struct primitive *made = append(state, PRIMITIVE_PHASE);
        if (made == NULL)
            return;
        made->mask = made->value = masks[i];
        made->number[0] = creal(part);
        made->number[1] = angle;
    }
}

/* Right angles of either rotation exchange the two qubits, or flip and exchange them, up to phases
   that depend on the qubits' parity; so no tangent is above one. */
void entangle(struct lowering *state, uint8_t *first, uint8_t *second, double x, double y,
              double z) {
    int a = *first, b = *second;
    /* Diagonals that are held back commute with ZZ alone. */
    int zz_alone = fabs(x) < 1e-14 && fabs(y) < 1e-14;
    (zz_alone ? release : release_all)(state, a);
    (zz_alone ? release : release_all)(state, b);
    if ((state->out->flips >> a ^ state->out->flips >> b) & 1) {
        y = -y;
        z = -z;
    }
    double even_turns = rint((x - y) / (PI / 2)), odd_turns = rint((x + y) / (PI / 2));
    double even = x - y - even_turns * (PI / 2), odd = x + y - odd_turns * (PI / 2);
    double angle = -2 * z + (odd_turns - even_turns) * (PI / 2);
    int crosses = fabs(even) > 1e-14 || fabs(odd) > 1e-14;
    append_parity(state, a, b, CMPLX(crosses ? log(cos(odd) / cos(even)) : 0, angle));
    if (crosses) {
        struct primitive *made = append(state, PRIMITIVE_CROSS);
        if (made == NULL)
            return;
        made->turned = bit_of(a) | bit_of(b);
        made->number[0] = tan(even);
        made->number[1] = tan(odd);
        state->touched |= made->turned;
    }
    if (fmod(even_turns, 2) != 0)
        state->out->flips ^= bit_of(a) | bit_of(b);
    if (fmod(even_turns + odd_turns, 2) != 0) {
        /* The stored qubits are exchanged with their flips. */
        if ((state->out->flips >> a ^ state->out->flips >> b) & 1)
            state->out->flips ^= bit_of(a) | bit_of(b);
        *first = (uint8_t)b;
        *second = (uint8_t)a;
    }
}

void release_everything(struct lowering *state, int num_qubits) {
    for (int qubit = 0; qubit < num_qubits; qubit++)
        release_all(state, qubit);
}
