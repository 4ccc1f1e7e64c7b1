/* From a circuit to a plan: lowering, then one stage after the other. */
#include <string.h>

#include "circuit.h"
#include "layering.h"
#include "plan_words.h"
#include "staging.h"

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

/* What staging takes for each primitive: its sketch, its index when it is chosen, a mark. */
enum { STAGING_BYTES = sizeof(struct sketch) + sizeof(int32_t) + 1 };

static int write_stages(struct plan_writer *writer, const struct kernel_planning *planning,
                        const struct lowered *lowered) {
    size_t count = lowered->primitives.count;
    int chunk_qubits = (int)planning->chunk_qubits;
    struct staging staging = {
        .num_qubits = lowered->num_qubits,
        .chunk_qubits = chunk_qubits < lowered->num_qubits ? chunk_qubits : lowered->num_qubits,
        .contiguous_qubits = (int)planning->contiguous_qubits,
        .probabilities_only = planning->probabilities_only != 0,
        .touched = writer->touched,
        .remaining = malloc((count + 1) * sizeof(struct sketch)),
        .num_remaining = count,
        .chosen = malloc((count + 1) * sizeof(int32_t)),
        .done = malloc(count + 1),
    };
    int result = staging.remaining == NULL || staging.chosen == NULL || staging.done == NULL
                     ? KERNEL_NO_MEMORY
                     : KERNEL_DONE;
    for (size_t i = 0; i < count && result == KERNEL_DONE; i++) {
        const struct primitive *primitive = writer->primitives + i;
        staging.remaining[i] = (struct sketch){primitive->turned, primitive->mask, (int32_t)i,
                                               primitive_work(primitive)};
    }
    struct stage_choice choice;
    while (result == KERNEL_DONE && next_stage(&staging, &choice)) {
        result = choice.num_chosen ? write_stage(writer, &choice) : KERNEL_BROKEN_PLAN;
        staging.touched = writer->touched;
    }
    free(staging.remaining);
    free(staging.chosen);
    free(staging.done);
    return result;
}

/* What planning took at most: either while lowering, or while writing, when what was lowered is there,
   too. */
static int64_t planning_bytes(const struct lowered *lowered, const struct plan_writer *writer) {
    size_t kept = lowered->primitives.bytes + lowered->matrices.bytes;
    size_t staging = (lowered->primitives.count + 1) * STAGING_BYTES;
    size_t plan = writer->words.most_bytes + writer->numbers.most_bytes;
    return (int64_t)larger(lowered->most_bytes, kept + staging + plan + writer->stage_bytes);
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
    result = lower(circuit, planning, &lowered);
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
    if (result == KERNEL_DONE) {
        write_head(&writer, planning, &lowered);
        result = write_stages(&writer, planning, &lowered);
    }
    plan->planning_bytes = planning_bytes(&lowered, &writer);
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
