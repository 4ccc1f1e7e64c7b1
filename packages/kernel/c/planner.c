/* From a circuit to a plan: lowering, then one stage after the other. */
#include <string.h>

#include "circuit.h"
#include "layering.h"
#include "plan_words.h"
#include "staging.h"

/* Nobody tells a planner without a control to stop. */
static const struct kernel_control GO_ON = {0};

static const struct kernel_control *control_of(const struct kernel_planning *planning) {
    return planning->control ? planning->control : &GO_ON;
}

static int is_sound(const struct kernel_planning *planning, int64_t num_qubits) {
    int64_t chunk = planning->chunk_qubits, contiguous = planning->contiguous_qubits;
    int64_t smallest = num_qubits < chunk ? num_qubits : chunk;
    return chunk >= SMALLEST_STATE_QUBITS && chunk <= LARGEST_CHUNK_QUBITS &&
           contiguous >= SMALLEST_STATE_QUBITS && contiguous <= smallest;
}

/* Dense unitaries must find room beside the contiguous qubits. */
static int everything_fits(const struct lowered *lowered, const struct kernel_planning *planning) {
    const struct primitive *primitives = lowered->primitives.data;
    int64_t room = planning->chunk_qubits - planning->contiguous_qubits;
    if (lowered->num_qubits <= planning->chunk_qubits)
        return 1;
    for (size_t i = 0; i < lowered->primitives.count; i++)
        if (__builtin_popcountll(primitives[i].turned >> planning->contiguous_qubits) > room)
            return 0;
    return 1;
}

static void write_head(struct plan_writer *writer, const struct kernel_planning *planning,
                       const struct lowered *lowered) {
    append_word(&writer->words, PLAN_MARK);
    append_word(&writer->words, lowered->num_qubits);
    append_word(&writer->words, planning->begins_in_zero != 0);
    append_word(&writer->words, 0);
    for (int qubit = 0; qubit < lowered->num_qubits; qubit++)
        append_word(&writer->words, lowered->positions[qubit]);
    append_word(&writer->words, (int64_t)lowered->flips);
    append_number(&writer->numbers, 1);
}

static int write_stages(struct plan_writer *writer, const struct kernel_planning *planning,
                        const struct lowered *lowered, struct stages *stages) {
    int num_qubits = lowered->num_qubits, chunk_qubits = (int)planning->chunk_qubits;
    struct staging staging = {
        .sizes = {num_qubits, chunk_qubits < num_qubits ? chunk_qubits : num_qubits,
                  (int)planning->contiguous_qubits},
        .probabilities_only = planning->probabilities_only != 0,
        .touched = writer->touched,
        .primitives = writer->primitives,
        .num_primitives = lowered->primitives.count,
        .control = control_of(planning),
    };
    int result = choose_stages(&staging, stages);
    write_head(writer, planning, lowered);
    for (int32_t i = 0; i < stages->count && result == KERNEL_DONE; i++) {
        int32_t begin = stages->starts[i], end = stages->starts[i + 1];
        const struct stage_choice choice = {stages->active[i], stages->primitives + begin,
                                            (size_t)(end - begin)};
        result = is_told_to_stop(staging.control) ? KERNEL_STOPPED : write_stage(writer, &choice);
    }
    free_stages(stages);
    return result;
}

/* What planning took at most: while lowering, while choosing stages, or while writing them. What was
   lowered is there in both. */
static int64_t planning_bytes(const struct lowered *lowered, const struct plan_writer *writer,
                              const struct stages *stages) {
    size_t kept = lowered->primitives.bytes + lowered->matrices.bytes;
    size_t plan = writer->words.most_bytes + writer->numbers.most_bytes;
    size_t writing = stages->bytes + plan + writer->stage_bytes;
    return (int64_t)larger(lowered->most_bytes, kept + larger(stages->most_bytes, writing));
}

int kernel_make_plan(const struct kernel_circuit *circuit, const struct kernel_planning *planning,
                     struct kernel_plan *plan) {
    *plan = (struct kernel_plan){0};
    int result = check_circuit(circuit);
    if (result != KERNEL_DONE || !is_sound(planning, circuit->num_qubits) ||
        circuit->num_operations > INT32_MAX / 64)
        return KERNEL_UNKNOWN_OPERATION;
    struct lowered lowered = {.num_qubits = (int)circuit->num_qubits};
    for (int qubit = 0; qubit < lowered.num_qubits; qubit++)
        lowered.positions[qubit] = (uint8_t)qubit;
    result = lower(circuit, planning, control_of(planning), &lowered);
    if (result == KERNEL_DONE && !everything_fits(&lowered, planning))
        result = KERNEL_UNKNOWN_OPERATION;
    struct plan_writer writer = {
        .num_qubits = lowered.num_qubits,
        .contiguous_qubits = (int)planning->contiguous_qubits,
        .matrices = lowered.matrices.data,
        .primitives = lowered.primitives.data,
        .scale = 1,
        .touched = planning->begins_in_zero ? 0 : bit_of(lowered.num_qubits) - 1,
    };
    struct stages stages = {0};
    if (result == KERNEL_DONE)
        result = write_stages(&writer, planning, &lowered, &stages);
    plan->planning_bytes = planning_bytes(&lowered, &writer, &stages);
    array_free(&lowered.primitives);
    array_free(&lowered.matrices);
    if (result == KERNEL_DONE && (writer.words.failed || writer.numbers.failed))
        result = KERNEL_NO_MEMORY;
    plan->words = writer.words.data;
    plan->num_words = (int64_t)writer.words.count;
    plan->numbers = writer.numbers.data;
    plan->num_numbers = (int64_t)writer.numbers.count;
    if (result == KERNEL_DONE) {
        plan->words[3] = writer.num_stages;
        plan->numbers[0] = writer.scale;
        result = kernel_measure_plan(circuit->num_qubits, plan->words, plan->num_words,
                                     plan->numbers, plan->num_numbers, planning->real_bytes,
                                     &plan->measures);
    }
    if (result != KERNEL_DONE)
        kernel_free_plan(plan);
    return result;
}

void kernel_free_plan(struct kernel_plan *plan) {
    free(plan->words);
    free(plan->numbers);
    plan->words = NULL;
    plan->numbers = NULL;
}
