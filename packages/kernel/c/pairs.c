#include "pairs.h"

#include <stdlib.h>
#include <string.h>

#include "arrays.h"

struct run {
    int64_t first, last;
    int32_t num_entangling;
    uint8_t turns;
};

static int is_pair(const struct operation *operation) {
    return operation->num_controls + operation->num_targets == 2;
}

static int turns(const struct operation *operation) {
    switch (operation->name) {
    case GATE_Z: case GATE_S: case GATE_SDG: case GATE_T: case GATE_TDG: case GATE_RZ: case GATE_P:
    case GATE_RZZ:
        return 0;
    default:
        return 1;
    }
}

/* The run that each qubit is in, and with which other qubit. */
struct open_runs {
    int32_t run[64];
    int8_t partner[64];
};

static void close_runs(struct open_runs *open, const struct operation *operation) {
    int count = operation->num_controls + operation->num_targets;
    for (int i = 0; i < count; i++) {
        int qubit = operation->controls[i], partner = open->partner[qubit];
        if (partner >= 0)
            open->partner[partner] = -1;
        open->partner[qubit] = -1;
    }
}

/* The run that an operation belongs to, or -1. */
static int32_t join_run(struct open_runs *open, const struct operation *operation,
                        struct array *runs) {
    int a = operation->controls[0];
    if (operation->num_controls + operation->num_targets == 1) {
        if (open->partner[a] < 0)
            return -1;
        struct run *run = (struct run *)runs->data + open->run[a];
        run->turns |= (uint8_t)turns(operation);
        return open->run[a];
    }
    if (!is_pair(operation)) {
        close_runs(open, operation);
        return -1;
    }
    int b = operation->controls[1];
    if (open->partner[a] != b) {
        close_runs(open, operation);
        struct run *made = array_grow(runs, sizeof *made, 1);
        if (made == NULL)
            return -1;
        *made = (struct run){operation->index, operation->index, 0, 0};
        open->run[a] = open->run[b] = (int32_t)(runs->count - 1);
        open->partner[a] = (int8_t)b;
        open->partner[b] = (int8_t)a;
    }
    struct run *run = (struct run *)runs->data + open->run[a];
    run->last = operation->index;
    run->num_entangling++;
    run->turns |= (uint8_t)turns(operation);
    return open->run[a];
}

int find_pairs(const struct kernel_circuit *circuit, uint8_t *places, size_t *most_bytes) {
    struct open_runs open;
    struct array runs = {0};
    memset(open.partner, -1, sizeof open.partner);
    size_t joined_bytes = ((size_t)circuit->num_operations + 1) * sizeof(int32_t);
    int32_t *joined = malloc(joined_bytes);
    if (joined == NULL)
        return KERNEL_NO_MEMORY;
    struct operation operation = first_operation(circuit);
    for (int64_t i = 0; i < circuit->num_operations; i++, next_operation(circuit, &operation))
        joined[i] = join_run(&open, &operation, &runs);
    for (int64_t i = 0; i < circuit->num_operations; i++) {
        places[i] = PAIR_NONE;
        if (joined[i] < 0)
            continue;
        const struct run *run = (struct run *)runs.data + joined[i];
        if (run->num_entangling > 1 && run->turns && i <= run->last)
            places[i] = i == run->first ? PAIR_FIRST : i == run->last ? PAIR_LAST : PAIR_INSIDE;
    }
    free(joined);
    int failed = runs.failed;
    *most_bytes = joined_bytes + runs.most_bytes;
    array_free(&runs);
    return failed ? KERNEL_NO_MEMORY : KERNEL_DONE;
}

/* matrix = gate matrix, with the gate on `bit` and only where `required` rows hold. */
static void multiply_one(amplitude *matrix, int bit, int required, struct matrix2 gate) {
    for (int zero = 0; zero < 4; zero++) {
        int one = zero | 1 << bit;
        if (zero >> bit & 1 || (zero & required) != required)
            continue;
        for (int column = 0; column < 4; column++) {
            amplitude a = matrix[4 * zero + column], b = matrix[4 * one + column];
            matrix[4 * zero + column] = gate.at[0] * a + gate.at[1] * b;
            matrix[4 * one + column] = gate.at[2] * a + gate.at[3] * b;
        }
    }
}

/* The same with a gate on both, whose first qubit is `low`. */
static void multiply_two(amplitude *matrix, int low, const amplitude *gate) {
    amplitude product[16];
    for (int row = 0; row < 4; row++)
        for (int column = 0; column < 4; column++) {
            amplitude sum = 0;
            for (int i = 0; i < 4; i++)
                sum += gate[4 * row + i] * matrix[4 * (low ? (i & 1) << 1 | i >> 1 : i) + column];
            product[4 * (low ? (row & 1) << 1 | row >> 1 : row) + column] = sum;
        }
    memcpy(matrix, product, sizeof product);
}

void begin_pair(struct pair *pair, const struct operation *operation) {
    int a = operation->controls[0], b = operation->controls[1];
    pair->qubits[0] = a < b ? a : b;
    pair->qubits[1] = a < b ? b : a;
    for (int i = 0; i < 16; i++)
        pair->matrix[i] = i % 5 == 0;
    add_to_pair(pair, operation);
}

void add_to_pair(struct pair *pair, const struct operation *operation) {
    int bit = operation->targets[0] == pair->qubits[1];
    if (operation->num_targets == 1) {
        int required = operation->num_controls ? 1 << !bit : 0;
        multiply_one(pair->matrix, bit, required, operation_matrix(operation));
        return;
    }
    amplitude gate[16];
    if (operation->name == GATE_UNITARY)
        for (int i = 0; i < 16; i++)
            gate[i] = CMPLX(operation->angles[2 * i], operation->angles[2 * i + 1]);
    else
        gate_matrix4(operation->name, operation->angles, gate);
    multiply_two(pair->matrix, bit, gate);
}
