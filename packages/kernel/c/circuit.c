#include "circuit.h"

static void read_current(const struct kernel_circuit *circuit, struct operation *operation) {
    if (operation->index >= circuit->num_operations)
        return;
    operation->name = circuit->names[operation->index];
    operation->num_controls = circuit->num_controls[operation->index];
    operation->num_targets = circuit->num_operands[operation->index] - operation->num_controls;
    operation->targets = operation->controls + operation->num_controls;
}

struct operation first_operation(const struct kernel_circuit *circuit) {
    struct operation operation = {.controls = circuit->operands, .angles = circuit->angles};
    read_current(circuit, &operation);
    return operation;
}

void next_operation(const struct kernel_circuit *circuit, struct operation *operation) {
    operation->angles += gate_num_angles(operation->name, operation->num_targets);
    operation->controls = operation->targets + operation->num_targets;
    operation->index++;
    read_current(circuit, operation);
}

struct matrix2 operation_matrix(const struct operation *operation) {
    if (operation->name != GATE_UNITARY)
        return gate_matrix(operation->name, operation->angles);
    struct matrix2 matrix;
    for (int i = 0; i < 4; i++)
        matrix.at[i] = CMPLX(operation->angles[2 * i], operation->angles[2 * i + 1]);
    return matrix;
}

static int is_sound(const struct kernel_circuit *circuit, int64_t i, const uint8_t *operands) {
    int name = circuit->names[i], count = circuit->num_operands[i];
    int controls = circuit->num_controls[i];
    if (name >= NUM_OPERATION_NAMES || count <= controls ||
        count > circuit->num_qubits)
        return 0;
    int num_targets = count - controls, expected = gate_num_targets(name);
    if (expected ? num_targets != expected : num_targets > LARGEST_DENSE_TARGETS)
        return 0;
    uint64_t seen = 0;
    for (int j = 0; j < count; j++) {
        if (operands[j] >= circuit->num_qubits || seen >> operands[j] & 1)
            return 0;
        seen |= (uint64_t)1 << operands[j];
    }
    return 1;
}

int check_circuit(const struct kernel_circuit *circuit) {
    if (circuit->num_qubits < SMALLEST_STATE_QUBITS || circuit->num_qubits > LARGEST_STATE_QUBITS)
        return KERNEL_UNKNOWN_OPERATION;
    const uint8_t *operands = circuit->operands;
    int64_t num_operands = 0, num_angles = 0;
    for (int64_t i = 0; i < circuit->num_operations; i++) {
        int count = circuit->num_operands[i];
        if (count < 1 || count > circuit->num_all_operands - num_operands ||
            !is_sound(circuit, i, operands + num_operands))
            return KERNEL_UNKNOWN_OPERATION;
        num_operands += count;
        num_angles += gate_num_angles(circuit->names[i], count - circuit->num_controls[i]);
    }
    return num_operands == circuit->num_all_operands && num_angles == circuit->num_angles
               ? KERNEL_DONE
               : KERNEL_UNKNOWN_OPERATION;
}

static int turns_alone(int name, int num_operands) {
    if (num_operands != 1)
        return 0;
    switch (name) {
    case GATE_H: case GATE_SX: case GATE_SXDG: case GATE_RX: case GATE_RY: case GATE_U:
    case GATE_UNITARY:
        return 1;
    default:
        return 0;
    }
}

void find_lonely(const struct kernel_circuit *circuit, uint8_t *lonely) {
    uint8_t turns_next[64] = {0};
    const uint8_t *end = circuit->operands + circuit->num_all_operands;
    for (int64_t i = circuit->num_operations - 1; i >= 0; i--) {
        int count = circuit->num_operands[i];
        int turns = turns_alone(circuit->names[i], count);
        lonely[i] = !turns_next[end[-1]];
        end -= count;
        if (turns || count > 1)
            for (int j = 0; j < count; j++)
                turns_next[end[j]] = (uint8_t)turns;
    }
}
