/* Each gate as what holding.h can do. */
#include <math.h>

#include "canonical.h"
#include "circuit.h"
#include "control.h"
#include "holding.h"
#include "pairs.h"

/* exp(i phases) on the target's basis states where all controls are one. */
static void phases_on(struct lowering *state, int target, uint64_t controls, double zero,
                      double one) {
    phase_on(state, controls | bit_of(target), one - zero);
    if (controls)
        phase_on(state, controls, zero);
}

/* A unitary on one target with controls is a phase between a change of basis and its inverse, both
   of which merge with what stands beside them. */
static void controlled_one(struct lowering *state, int target, uint64_t controls,
                           struct matrix2 matrix) {
    if (cabs(matrix.at[1]) < 1e-15 && cabs(matrix.at[2]) < 1e-15) {
        phases_on(state, target, controls, carg(matrix.at[0]), carg(matrix.at[3]));
        return;
    }
    struct spectrum spectrum = matrix2_spectrum(matrix);
    apply_matrix(state, target, spectrum.basis_inverse);
    phases_on(state, target, controls, spectrum.phases[0], spectrum.phases[1]);
    apply_matrix(state, target, spectrum.basis);
}

static struct euler gate(int name) {
    return gate_euler(name, NULL);
}

static void controlled_x(struct lowering *state, int target, uint64_t controls) {
    apply_one(state, target, gate(GATE_H));
    phase_on(state, controls | bit_of(target), PI);
    apply_one(state, target, gate(GATE_H));
}

static void x_on(struct lowering *state, int target, uint64_t controls) {
    if (controls)
        controlled_x(state, target, controls);
    else
        apply_one(state, target, gate(GATE_X));
}

static void one_target(struct lowering *state, const struct operation *operation, int target,
                       uint64_t controls, int lonely) {
    if (controls == 0 && operation->name == GATE_UNITARY)
        apply_matrix(state, target, operation_matrix(operation));
    else if (controls == 0)
        apply_one(state, target, gate_euler(operation->name, operation->angles));
    else if (operation->name != GATE_X)
        controlled_one(state, target, controls, operation_matrix(operation));
    else if (lonely && is_held_diagonal(state, target))
        exchange(state, target, controls);
    else
        controlled_x(state, target, controls);
}

static void rotate_both(struct lowering *state, int first, int second, double angle,
                        uint64_t controls) {
    if (controls)
        phase_on(state, controls, -angle / 2);
    phase_on(state, controls | bit_of(first), angle);
    phase_on(state, controls | bit_of(second), angle);
    phase_on(state, controls | bit_of(first) | bit_of(second), -2 * angle);
}

static void controlled_swap(struct lowering *state, int first, int second, uint64_t controls) {
    exchange(state, second, bit_of(first));
    exchange(state, first, controls | bit_of(second));
    exchange(state, second, bit_of(first));
}

static void swap(struct lowering *state, uint8_t *first, uint8_t *second, uint64_t controls) {
    if (controls) {
        controlled_swap(state, *first, *second, controls);
        return;
    }
    uint8_t other = *first;
    *first = *second;
    *second = other;
}

static void two_targets(struct lowering *state, int name, const double *angles, uint8_t *first,
                        uint8_t *second, uint64_t controls) {
    int a = *first, b = *second;
    struct euler to_x = gate(GATE_H), to_y = gate(GATE_SX), from_y = gate(GATE_SXDG);
    switch (name) {
    case GATE_SWAP:
        swap(state, first, second, controls);
        break;
    case GATE_ISWAP:
        phases_on(state, a, controls, 0, PI / 2);
        phases_on(state, b, controls, 0, PI / 2);
        phase_on(state, controls | bit_of(a) | bit_of(b), -PI);
        swap(state, first, second, controls);
        break;
    case GATE_RXX:
        apply_one(state, a, to_x);
        apply_one(state, b, to_x);
        rotate_both(state, a, b, angles[0], controls);
        apply_one(state, a, to_x);
        apply_one(state, b, to_x);
        break;
    case GATE_RYY:
        apply_one(state, a, to_y);
        apply_one(state, b, to_y);
        rotate_both(state, a, b, angles[0], controls);
        apply_one(state, a, from_y);
        apply_one(state, b, from_y);
        break;
    case GATE_RZZ:
        rotate_both(state, a, b, angles[0], controls);
        break;
    case GATE_ECR:
    case GATE_RZX:
        apply_one(state, b, to_x);
        rotate_both(state, a, b, name == GATE_ECR ? PI / 2 : angles[0], controls);
        apply_one(state, b, to_x);
        if (name == GATE_ECR)
            x_on(state, a, controls);
        break;
    default:
        x_on(state, b, controls | bit_of(a));
        x_on(state, a, controls | bit_of(b));
    }
}

/* A unitary on two qubits by its canonical form: what is local merges with what stands beside it. */
static void two_qubits(struct lowering *state, const amplitude *matrix, uint8_t *first,
                       uint8_t *second) {
    struct canonical canonical;
    int stored[2] = {*first, *second};
    if (!find_canonical(matrix, &canonical)) {
        dense(state, (const double *)matrix, 2, stored, 0);
        return;
    }
    apply_matrix(state, *first, canonical.before[0]);
    apply_matrix(state, *second, canonical.before[1]);
    entangle(state, first, second, canonical.x, canonical.y, canonical.z);
    apply_matrix(state, *first, canonical.after[0]);
    apply_matrix(state, *second, canonical.after[1]);
}

static void lower_operation(struct lowering *state, const struct operation *operation, int lonely) {
    uint8_t *positions = state->out->positions;
    uint8_t *first = positions + operation->targets[0];
    int stored[LARGEST_DENSE_TARGETS];
    uint64_t controls = 0;
    for (int i = 0; i < operation->num_controls; i++)
        controls |= bit_of(positions[operation->controls[i]]);
    if (operation->num_targets == 1) {
        one_target(state, operation, *first, controls, lonely);
        return;
    }
    uint8_t *second = positions + operation->targets[1];
    if (operation->name != GATE_UNITARY) {
        two_targets(state, operation->name, operation->angles, first, second, controls);
    } else if (operation->num_targets == 2 && controls == 0) {
        struct pair pair;
        begin_pair(&pair, operation);
        two_qubits(state, pair.matrix, positions + pair.qubits[0], positions + pair.qubits[1]);
    } else {
        for (int i = 0; i < operation->num_targets; i++)
            stored[i] = positions[operation->targets[i]];
        dense(state, operation->angles, operation->num_targets, stored, controls);
    }
}

static int lower_all(struct lowering *state, const struct kernel_circuit *circuit,
                     const struct kernel_control *control, const uint8_t *lonely,
                     const uint8_t *places) {
    /* The run that a qubit is in. */
    struct pair pairs[64];
    uint8_t slots[64] = {0}, *positions = state->out->positions;
    struct operation operation = first_operation(circuit);
    for (int64_t i = 0; i < circuit->num_operations; i++, next_operation(circuit, &operation)) {
        struct pair *pair = pairs + slots[operation.controls[0]];
        if (is_told_to_stop(control))
            return KERNEL_STOPPED;
        switch (places[i]) {
        case PAIR_NONE:
            lower_operation(state, &operation, lonely[i]);
            break;
        case PAIR_FIRST:
            slots[operation.controls[0]] = slots[operation.controls[1]] = operation.controls[0];
            begin_pair(pairs + operation.controls[0], &operation);
            break;
        default:
            add_to_pair(pair, &operation);
            if (places[i] == PAIR_LAST)
                two_qubits(state, pair->matrix, positions + pair->qubits[0],
                           positions + pair->qubits[1]);
        }
    }
    return KERNEL_DONE;
}

int lower(const struct kernel_circuit *circuit, const struct kernel_planning *planning,
          const struct kernel_control *control, struct lowered *lowered) {
    struct lowering state = {.out = lowered};
    int num_qubits = (int)circuit->num_qubits;
    state.touched = planning->begins_in_zero ? 0 : bit_of(num_qubits) - 1;
    size_t marks_bytes = 2 * (size_t)circuit->num_operations + 1, pairs_bytes = 0;
    uint8_t *lonely = malloc(marks_bytes);
    if (lonely == NULL)
        return KERNEL_NO_MEMORY;
    uint8_t *places = lonely + circuit->num_operations;
    find_lonely(circuit, lonely);
    int result = find_pairs(circuit, places, &pairs_bytes);
    if (result == KERNEL_DONE)
        result = lower_all(&state, circuit, control, lonely, places);
    free(lonely);
    release_everything(&state, num_qubits);
    size_t arrays_bytes = lowered->primitives.most_bytes + lowered->matrices.most_bytes;
    lowered->most_bytes = marks_bytes + larger(pairs_bytes, arrays_bytes);
    return lowered->primitives.failed || lowered->matrices.failed ? KERNEL_NO_MEMORY : result;
}
