#include "direct.h"

#include <math.h>

#include "control.h"
#include "euler.h"

enum held_kind { HELD_NOTHING, HELD_PHASE, HELD_UNITARY };

/* What is held back on each of the circuit's qubits, and how the work goes. */
struct walk {
    const struct amplitudes *amplitudes;
    struct frame *frame;
    int result;
    uint8_t kinds[LARGEST_STATE_QUBITS];
    struct matrix2 held[LARGEST_STATE_QUBITS];
};

/* The stored bits that operands of the circuit choose. */
struct condition {
    uint64_t mask, value;
};

static uint64_t bit_of(const struct walk *walk, int qubit) {
    return (uint64_t)1 << walk->frame->positions[qubit];
}

/* Where the qubit is one. */
static struct condition where_one(const struct walk *walk, int qubit) {
    uint64_t bit = bit_of(walk, qubit);
    return (struct condition){bit, bit & ~walk->frame->flips};
}

static struct condition both(struct condition first, struct condition second) {
    return (struct condition){first.mask | second.mask, first.value | second.value};
}

/* The condition without those qubits that are known to fulfil it; 0 where one is known not to. */
static int is_possible(const struct walk *walk, struct condition *condition) {
    uint64_t known = condition->mask & walk->frame->zeros;
    condition->mask &= ~known;
    return (condition->value & known) == 0;
}

static void multiply(struct walk *walk, struct condition where, amplitude factor) {
    if (walk->result != KERNEL_DONE || factor == 1 || !is_possible(walk, &where) || where.mask == 0)
        return;
    struct factor phase = {where.mask, where.value, walk->frame->zeros, factor};
    walk->result = walk->amplitudes->multiply(walk->amplitudes, &phase);
}

/* Mixes amplitudes at which the targets, and so the bits of `difference`, have a value, with those
   at which they have the opposite one, where the controls allow. */
static void mix(struct walk *walk, struct condition controls, struct condition targets,
                uint64_t difference, struct matrix2 matrix) {
    if (walk->result != KERNEL_DONE || !is_possible(walk, &controls))
        return;
    struct condition where = both(controls, targets);
    walk->frame->zeros &= ~difference;
    struct mix pairs = {where.mask, where.value, difference, walk->frame->zeros, matrix};
    walk->result = walk->amplitudes->mix(walk->amplitudes, &pairs);
}

/* The unitary on a qubit as it is stored. */
static void mix_qubit(struct walk *walk, struct condition controls, int qubit,
                      struct matrix2 matrix) {
    struct condition one = where_one(walk, qubit);
    struct condition zero = {one.mask, one.mask ^ one.value};
    mix(walk, controls, zero, one.mask, matrix);
}

static void release(struct walk *walk, int qubit) {
    const amplitude *held = walk->held[qubit].at;
    int kind = walk->kinds[qubit];
    walk->kinds[qubit] = HELD_NOTHING;
    if (kind == HELD_PHASE)
        multiply(walk, where_one(walk, qubit), held[3] / held[0]);
    else if (kind == HELD_UNITARY)
        mix_qubit(walk, (struct condition){0}, qubit, walk->held[qubit]);
}

/* Before something diagonal in the qubit's basis. */
static void release_turn(struct walk *walk, int qubit) {
    if (walk->kinds[qubit] == HELD_UNITARY)
        release(walk, qubit);
}

static void hold(struct walk *walk, int qubit, struct matrix2 matrix) {
    if (walk->kinds[qubit] != HELD_NOTHING)
        matrix = matrix2_product(matrix, walk->held[qubit]);
    amplitude *at = matrix.at;
    if (at[0] == 0 && at[3] == 0) {
        walk->frame->flips ^= bit_of(walk, qubit);
        matrix = (struct matrix2){{at[1], 0, 0, at[2]}};
    }
    walk->held[qubit] = matrix;
    walk->kinds[qubit] = at[1] != 0 || at[2] != 0 ? HELD_UNITARY
                         : at[0] != at[3]         ? HELD_PHASE
                                                  : HELD_NOTHING;
}

static void hold_phase(struct walk *walk, int qubit, amplitude factor) {
    hold(walk, qubit, (struct matrix2){{1, 0, 0, factor}});
}

static void exchange(struct walk *walk, int first, int second) {
    struct matrix2 matrix = walk->held[first];
    uint8_t kind = walk->kinds[first];
    int64_t position = walk->frame->positions[first];
    walk->held[first] = walk->held[second];
    walk->kinds[first] = walk->kinds[second];
    walk->frame->positions[first] = walk->frame->positions[second];
    walk->held[second] = matrix;
    walk->kinds[second] = kind;
    walk->frame->positions[second] = position;
}

static struct condition controls_of(struct walk *walk, const struct operation *operation) {
    struct condition all = {0};
    for (int i = 0; i < operation->num_controls; i++) {
        release_turn(walk, operation->controls[i]);
        all = both(all, where_one(walk, operation->controls[i]));
    }
    return all;
}

static void controlled(struct walk *walk, const struct operation *operation) {
    struct condition controls = controls_of(walk, operation);
    struct matrix2 matrix = operation_matrix(operation);
    const amplitude *at = matrix.at;
    int target = operation->targets[0];
    if (at[1] != 0 || at[2] != 0) {
        release(walk, target);
        mix_qubit(walk, controls, target, matrix);
        return;
    }
    release_turn(walk, target);
    if (at[0] != 1 && operation->num_controls == 1)
        hold_phase(walk, operation->controls[0], at[0]);
    else
        multiply(walk, controls, at[0]);
    multiply(walk, both(controls, where_one(walk, target)), at[3] / at[0]);
}

static void dense(struct walk *walk, const struct operation *operation, const double *matrix) {
    struct condition controls = controls_of(walk, operation);
    struct dense unitary = {.count = operation->num_targets, .matrix = matrix};
    uint64_t turned = 0;
    for (int i = 0; i < operation->num_targets; i++) {
        int target = operation->targets[i];
        release(walk, target);
        unitary.bits[i] = (int)walk->frame->positions[target];
        turned |= bit_of(walk, target);
    }
    if (walk->result != KERNEL_DONE || !is_possible(walk, &controls))
        return;
    walk->frame->zeros &= ~turned;
    unitary.mask = controls.mask;
    unitary.value = controls.value;
    unitary.flips = walk->frame->flips & turned;
    walk->result = walk->amplitudes->apply(walk->amplitudes, &unitary);
}

/* exp(-i angle/2 ZZ) is, up to a phase, a phase on each qubit and one where both are one. */
static void rotate_zz(struct walk *walk, int first, int second, double angle) {
    amplitude alone = CMPLX(cos(angle), sin(angle));
    hold_phase(walk, first, alone);
    hold_phase(walk, second, alone);
    release_turn(walk, first);
    release_turn(walk, second);
    multiply(walk, both(where_one(walk, first), where_one(walk, second)), conj(alone * alone));
}

static struct matrix2 turn_about_x(double angle) {
    return gate_matrix(GATE_RX, &angle);
}

/* exp(-i angle/2 ZX): the second qubit turns one way or the other. */
static void rotate_zx(struct walk *walk, int first, int second, double angle) {
    release_turn(walk, first);
    release(walk, second);
    struct condition one = where_one(walk, first), zero = {one.mask, one.mask ^ one.value};
    mix_qubit(walk, zero, second, turn_about_x(angle));
    mix_qubit(walk, one, second, turn_about_x(-angle));
}

/* exp(-i angle/2 XX), or with YY: |00> and |11> turn into each other, and |01> and |10>. */
static void rotate_pair(struct walk *walk, int first, int second, double angle, int is_yy) {
    release(walk, first);
    release(walk, second);
    struct condition one = where_one(walk, first), other = where_one(walk, second);
    uint64_t difference = one.mask | other.mask;
    struct condition none = {0};
    if (is_yy) {
        uint64_t same = both(one, other).value;
        mix(walk, none, (struct condition){difference, same}, difference, turn_about_x(-angle));
        mix(walk, none, (struct condition){difference, same ^ one.mask}, difference,
            turn_about_x(angle));
    } else {
        uint64_t higher = one.mask > other.mask ? one.mask : other.mask;
        mix(walk, none, (struct condition){higher, 0}, difference, turn_about_x(angle));
    }
}

static void controlled_swap(struct walk *walk, const struct operation *operation) {
    struct condition controls = controls_of(walk, operation);
    release(walk, operation->targets[0]);
    release(walk, operation->targets[1]);
    struct condition one = where_one(walk, operation->targets[0]);
    struct condition other = where_one(walk, operation->targets[1]);
    struct condition differ = both(one, other);
    differ.value ^= other.mask;
    mix(walk, controls, differ, differ.mask, gate_matrix(GATE_X, NULL));
}

static void controlled_x(struct walk *walk, int control, int target) {
    release_turn(walk, control);
    release(walk, target);
    mix_qubit(walk, where_one(walk, control), target, gate_matrix(GATE_X, NULL));
}

static void two_targets(struct walk *walk, const struct operation *operation) {
    int first = operation->targets[0], second = operation->targets[1];
    const double *angles = operation->angles;
    if (operation->num_controls > 0) {
        amplitude matrix[16];
        if (operation->name == GATE_SWAP) {
            controlled_swap(walk, operation);
            return;
        }
        gate_matrix4(operation->name, angles, matrix);
        dense(walk, operation, (const double *)matrix);
        return;
    }
    switch (operation->name) {
    case GATE_SWAP:
        exchange(walk, first, second);
        break;
    case GATE_ISWAP:
        /* A swap, S on both, and CZ. */
        exchange(walk, first, second);
        rotate_zz(walk, first, second, PI / 2);
        break;
    case GATE_RXX: case GATE_RYY:
        rotate_pair(walk, first, second, angles[0], operation->name == GATE_RYY);
        break;
    case GATE_RZZ:
        rotate_zz(walk, first, second, angles[0]);
        break;
    case GATE_RZX:
        rotate_zx(walk, first, second, angles[0]);
        break;
    case GATE_ECR:
        rotate_zx(walk, first, second, PI / 2);
        hold(walk, first, gate_matrix(GATE_X, NULL));
        break;
    default:
        /* DCX: CX one way and then the other are a swap and CX. */
        exchange(walk, first, second);
        controlled_x(walk, first, second);
        break;
    }
}

static void apply_one(struct walk *walk, const struct operation *operation) {
    if (operation->num_targets == 1) {
        if (operation->num_controls == 0)
            hold(walk, operation->targets[0], operation_matrix(operation));
        else
            controlled(walk, operation);
    } else if (operation->name == GATE_UNITARY) {
        dense(walk, operation, operation->angles);
    } else {
        two_targets(walk, operation);
    }
}

int is_sound_frame(int64_t num_qubits, const struct frame *frame) {
    uint64_t seen = 0, all = ((uint64_t)1 << num_qubits) - 1;
    for (int64_t qubit = 0; qubit < num_qubits; qubit++) {
        if (frame->positions[qubit] < 0 || frame->positions[qubit] >= num_qubits)
            return 0;
        seen |= (uint64_t)1 << frame->positions[qubit];
    }
    return seen == all && (frame->flips & ~all) == 0;
}

int apply_operations(const struct amplitudes *amplitudes, const struct kernel_circuit *circuit,
                     struct frame *frame, int probabilities_only) {
    struct walk walk = {.amplitudes = amplitudes, .frame = frame, .result = KERNEL_DONE};
    struct operation operation = first_operation(circuit);
    for (; operation.index < circuit->num_operations; next_operation(circuit, &operation)) {
        if (is_told_to_stop(amplitudes->control))
            return KERNEL_STOPPED;
        apply_one(&walk, &operation);
        if (walk.result != KERNEL_DONE)
            return walk.result;
    }
    for (int qubit = 0; qubit < amplitudes->num_qubits; qubit++)
        if (walk.kinds[qubit] == HELD_UNITARY || !probabilities_only)
            release(&walk, qubit);
    return walk.result;
}
