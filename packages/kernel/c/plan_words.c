#include "plan_words.h"

#include <math.h>

static int words_left(const struct reader *reader, int64_t count) {
    return count >= 0 && count <= reader->words_end - reader->words;
}

static const int64_t *take_words(struct reader *reader, int64_t count) {
    const int64_t *taken = reader->words;
    reader->words += count;
    return taken;
}

/* Numbers may be anything finite: a wrong one spoils amplitudes, not memory. */
static int take_numbers(struct reader *reader, int64_t count, const double **taken) {
    if (count < 0 || count > reader->numbers_end - reader->numbers)
        return 0;
    *taken = reader->numbers;
    reader->numbers += count;
    for (int64_t i = 0; i < count; i++)
        if (!isfinite((*taken)[i]))
            return 0;
    return 1;
}

/* Different numbers from `first` on and below `end`; ascending where asked for. */
static int are_distinct(const int64_t *numbers, int64_t count, int64_t first, int64_t end,
                        int ascending) {
    uint64_t seen = 0;
    for (int64_t i = 0; i < count; i++) {
        if (numbers[i] < first || numbers[i] >= end || numbers[i] >= 64)
            return 0;
        if (seen >> numbers[i] & 1 || (ascending && seen >> numbers[i]))
            return 0;
        seen |= (uint64_t)1 << numbers[i];
    }
    return 1;
}

int read_plan_head(struct reader *reader, struct plan_head *head) {
    if (!words_left(reader, 4))
        return 0;
    const int64_t *first = take_words(reader, 4);
    if (first[0] != PLAN_MARK || first[1] < SMALLEST_STATE_QUBITS ||
        first[1] > LARGEST_STATE_QUBITS || first[3] < 0)
        return 0;
    head->num_qubits = (int)first[1];
    head->begins_in_zero = first[2] != 0;
    head->num_stages = first[3];
    if (!words_left(reader, head->num_qubits + 1))
        return 0;
    head->positions = take_words(reader, head->num_qubits);
    head->flips = (uint64_t)*take_words(reader, 1);
    const double *scale;
    if (!take_numbers(reader, 1, &scale))
        return 0;
    head->scale = *scale;
    return are_distinct(head->positions, head->num_qubits, 0, head->num_qubits, 0) &&
           head->flips >> head->num_qubits == 0;
}

int read_stage_head(struct reader *reader, int num_qubits, struct stage_head *head) {
    if (!words_left(reader, 2))
        return 0;
    const int64_t *sizes = take_words(reader, 2);
    if (sizes[0] < SMALLEST_STATE_QUBITS || sizes[0] > LARGEST_CHUNK_QUBITS ||
        sizes[0] > num_qubits || sizes[1] < SMALLEST_STATE_QUBITS || sizes[1] > sizes[0])
        return 0;
    head->chunk_qubits = (int)sizes[0];
    head->contiguous_qubits = (int)sizes[1];
    int num_scattered = head->chunk_qubits - head->contiguous_qubits;
    if (!words_left(reader, num_scattered + 1))
        return 0;
    head->scattered = take_words(reader, num_scattered);
    if (!are_distinct(head->scattered, num_scattered, head->contiguous_qubits, num_qubits, 1))
        return 0;
    int64_t num_outer = *take_words(reader, 1);
    if (num_outer < 0 || num_outer > num_qubits - head->chunk_qubits ||
        !words_left(reader, num_outer + 1))
        return 0;
    head->num_outer = (int)num_outer;
    head->outer = take_words(reader, num_outer);
    if (!are_distinct(head->outer, num_outer, head->contiguous_qubits, num_qubits, 1))
        return 0;
    uint64_t inside = 0;
    for (int i = 0; i < num_scattered; i++)
        inside |= (uint64_t)1 << head->scattered[i];
    for (int i = 0; i < num_outer; i++)
        if (inside >> head->outer[i] & 1)
            return 0;
    head->num_steps = *take_words(reader, 1);
    return words_left(reader, head->num_steps);
}

static int read_conditions(struct reader *reader, int num_qubits, int chunk_qubits,
                           struct step *step) {
    if (!words_left(reader, 4))
        return 0;
    const int64_t *masks = take_words(reader, 4);
    step->outer_mask = (uint64_t)masks[0];
    step->outer_value = (uint64_t)masks[1];
    step->mask = (uint64_t)masks[2];
    step->value = (uint64_t)masks[3];
    return step->outer_mask >> num_qubits == 0 && step->mask >> chunk_qubits == 0 &&
           (step->value & ~step->mask) == 0;
}

static int read_bits(struct reader *reader, int64_t count, int chunk_qubits, int ascending,
                     struct step *step) {
    if (count < 0 || count > chunk_qubits || !words_left(reader, count))
        return 0;
    step->count = (int)count;
    step->bits = take_words(reader, count);
    if (!are_distinct(step->bits, count, 0, chunk_qubits, ascending))
        return 0;
    for (int i = 0; i < count; i++)
        if (step->mask >> step->bits[i] & 1)
            return 0;
    return 1;
}

static int read_shearing(struct reader *reader, struct step *step) {
    if (!words_left(reader, 2))
        return 0;
    int64_t sheared = *take_words(reader, 1);
    step->sheared = sheared != 0;
    return sheared == 0 || sheared == 1;
}

static int read_crosses(struct reader *reader, int chunk_qubits, struct step *step) {
    if (!read_shearing(reader, step))
        return 0;
    int64_t count = *take_words(reader, 1);
    if (count < 0 || count > chunk_qubits / 2 || !words_left(reader, 2 * count))
        return 0;
    step->count = (int)count;
    step->bits = take_words(reader, 2 * count);
    for (int i = 0; i < step->count; i++)
        if (step->bits[2 * i] >= step->bits[2 * i + 1])
            return 0;
    return are_distinct(step->bits, 2 * count, 0, chunk_qubits, 0) &&
           take_numbers(reader, 2 * count, &step->numbers);
}

static int read_table(struct reader *reader, int num_qubits, int chunk_qubits, struct step *step) {
    if (!words_left(reader, 4))
        return 0;
    const int64_t *counts = take_words(reader, 4);
    int64_t total = 0;
    for (int i = 0; i < 4; i++) {
        if (counts[i] < 0 || counts[i] > reader->words_end - reader->words)
            return 0;
        total += (int64_t[]){1, 2, 2, 3}[i] * counts[i];
    }
    if (!words_left(reader, total) || counts[0] + counts[1] > INT32_MAX / 4)
        return 0;
    step->num_ones = (int)counts[0];
    step->num_pairs = (int)counts[1];
    step->num_patterns = (int)counts[2];
    step->num_outer_terms = (int)counts[3];
    step->bits = take_words(reader, counts[0]);
    step->pairs = take_words(reader, 2 * counts[1]);
    step->patterns = take_words(reader, 2 * counts[2]);
    step->outer_terms = take_words(reader, 3 * counts[3]);
    for (int i = 0; i < step->num_ones; i++)
        if (step->bits[i] < 0 || step->bits[i] >= chunk_qubits)
            return 0;
    for (int i = 0; i < step->num_pairs; i++)
        if (!are_distinct(step->pairs + 2 * i, 2, 0, chunk_qubits, 1))
            return 0;
    for (int i = 0; i < step->num_patterns; i++) {
        uint64_t mask = (uint64_t)step->patterns[2 * i];
        uint64_t value = (uint64_t)step->patterns[2 * i + 1];
        if (mask >> chunk_qubits || value & ~mask)
            return 0;
    }
    for (int i = 0; i < step->num_outer_terms; i++) {
        const int64_t *term = step->outer_terms + 3 * i;
        if ((uint64_t)term[0] >> num_qubits || term[2] < -1 || term[2] >= chunk_qubits)
            return 0;
    }
    return take_numbers(reader, 1 + 2 * (counts[0] + counts[1] + counts[2] + counts[3]),
                        &step->numbers);
}

int read_step(struct reader *reader, int num_qubits, const struct stage_head *stage,
              struct step *step) {
    int chunk_qubits = stage->chunk_qubits;
    *step = (struct step){0};
    if (!words_left(reader, 1))
        return 0;
    step->kind = (int)*take_words(reader, 1);
    switch (step->kind) {
    case STEP_TABLE:
        return read_table(reader, num_qubits, chunk_qubits, step);
    case STEP_ROTATE:
        return read_shearing(reader, step) &&
               read_bits(reader, *take_words(reader, 1), chunk_qubits, 1, step) &&
               take_numbers(reader, step->count, &step->numbers);
    case STEP_CROSS:
        return read_crosses(reader, chunk_qubits, step);
    case STEP_PHASE:
        return read_conditions(reader, num_qubits, chunk_qubits, step) &&
               take_numbers(reader, 2, &step->numbers);
    case STEP_EXCHANGE:
        return read_conditions(reader, num_qubits, chunk_qubits, step) &&
               read_bits(reader, 1, chunk_qubits, 0, step);
    case STEP_DENSE:
        return read_conditions(reader, num_qubits, chunk_qubits, step) && words_left(reader, 1) &&
               read_bits(reader, *take_words(reader, 1), chunk_qubits, 0, step) &&
               step->count >= 1 && step->count <= LARGEST_DENSE_TARGETS &&
               take_numbers(reader, (int64_t)2 << (2 * step->count), &step->numbers);
    default:
        return 0;
    }
}
