/* All phases of a layer merge into one table, where that costs less than doing them one by one.

Phases that stand for the same qubits are summed as logarithms first. What sheared turns and crosses
of the last layer leave out are factors of one or two qubits, so the table takes them along. */
#include "phases.h"

#include <math.h>
#include <string.h>

static const double SMALLEST_SCALE = 1e-5;

struct phase_term {
    uint64_t outer_mask, outer_value, mask, value;
    /* The logarithm of its factor. */
    amplitude exponent;
};

static void sum_term(struct layer_terms *terms, const struct stage_bits *stage,
                     const struct primitive *primitive) {
    uint64_t inside = primitive->mask & stage->active, outside = primitive->mask & ~stage->active;
    amplitude exponent = CMPLX(primitive->number[0], primitive->number[1]);
    int num_inside = __builtin_popcountll(inside), num_outside = __builtin_popcountll(outside);
    if (primitive->value == primitive->mask && num_inside + num_outside <= 2) {
        int first = inside ? stage->bits[__builtin_ctzll(inside)] : -1;
        if (num_outside == 0 && num_inside == 1) {
            terms->ones[first] += exponent;
            return;
        }
        if (num_outside == 0) {
            int second = stage->bits[63 - __builtin_clzll(inside)];
            terms->pairs[first][second] += exponent;
            return;
        }
        if (num_outside == 1) {
            terms->outer[__builtin_ctzll(outside)][first + 1] += exponent;
            return;
        }
    }
    struct phase_term *term = array_grow(&terms->terms, sizeof *term, 1);
    if (term != NULL)
        *term = (struct phase_term){outside, primitive->value & outside, chunk_mask(stage, inside),
                                    chunk_mask(stage, primitive->value), exponent};
}

static void append_term(struct layer_terms *terms, uint64_t outer_mask, uint64_t mask,
                        amplitude exponent) {
    if (exponent == 0)
        return;
    struct phase_term *term = array_grow(&terms->terms, sizeof *term, 1);
    if (term != NULL)
        *term = (struct phase_term){outer_mask, outer_mask, mask, mask, exponent};
}

/* All sums as terms, behind those that could not be summed. */
static void list_terms(struct layer_terms *terms, uint64_t outer, int chunk_qubits) {
    for (int i = 0; i < chunk_qubits; i++) {
        append_term(terms, 0, bit_of(i), terms->ones[i]);
        for (int j = i + 1; j < chunk_qubits; j++)
            append_term(terms, 0, bit_of(i) | bit_of(j), terms->pairs[i][j]);
    }
    for (; outer; outer &= outer - 1) {
        int qubit = __builtin_ctzll(outer);
        for (int i = -1; i < chunk_qubits; i++)
            append_term(terms, bit_of(qubit), i < 0 ? 0 : bit_of(i), terms->outer[qubit][i + 1]);
    }
}

enum term_class { TERM_ONE, TERM_PAIR, TERM_PATTERN, TERM_OUTER, TERM_APART };

static enum term_class classify(const struct phase_term *term) {
    int size = __builtin_popcountll(term->mask);
    int ones = term->mask == term->value;
    if (term->outer_mask == 0)
        return !ones || size > 2 ? TERM_PATTERN : size == 1 ? TERM_ONE : TERM_PAIR;
    return size == 0 || (size == 1 && ones) ? TERM_OUTER : TERM_APART;
}

static void append_factor(struct array *numbers, amplitude exponent) {
    double sine, cosine, length = creal(exponent) == 0 ? 1 : exp(creal(exponent));
    sincos(cimag(exponent), &sine, &cosine);
    append_number(numbers, length * cosine);
    append_number(numbers, length * sine);
}

static void write_phase(struct plan_writer *writer, const struct phase_term *term) {
    begin_step(writer, STEP_PHASE);
    write_conditions(&writer->words, term->outer_mask, term->outer_value, term->mask, term->value);
    append_factor(&writer->numbers, term->exponent);
}

static void write_table(struct plan_writer *writer, const struct phase_term *terms, size_t count) {
    int64_t counts[4] = {0};
    for (size_t i = 0; i < count; i++)
        if (classify(terms + i) != TERM_APART)
            counts[classify(terms + i)]++;
    begin_step(writer, STEP_TABLE);
    for (int i = 0; i < 4; i++)
        append_word(&writer->words, counts[i]);
    append_number(&writer->numbers, writer->scale);
    writer->scale = 1;
    for (int kind = TERM_ONE; kind <= TERM_OUTER; kind++)
        for (size_t i = 0; i < count; i++) {
            const struct phase_term *term = terms + i;
            if ((int)classify(term) != kind)
                continue;
            append_factor(&writer->numbers, term->exponent);
            int first = term->mask ? __builtin_ctzll(term->mask) : -1;
            if (kind == TERM_ONE || kind == TERM_PAIR) {
                append_word(&writer->words, first);
                if (kind == TERM_PAIR)
                    append_word(&writer->words, 63 - __builtin_clzll(term->mask));
            } else if (kind == TERM_PATTERN) {
                append_word(&writer->words, (int64_t)term->mask);
                append_word(&writer->words, (int64_t)term->value);
            } else {
                append_word(&writer->words, (int64_t)term->outer_mask);
                append_word(&writer->words, (int64_t)term->outer_value);
                append_word(&writer->words, first);
            }
        }
}

/* One pass over the chunk with a table, or one over a part of it for each term: whichever costs
   less, counted in multiply-adds an amplitude. A table is made once for all chunks. */
static int table_pays(const struct phase_term *terms, size_t count, double num_chunks) {
    double apart = 0;
    for (size_t i = 0; i < count && apart < 16; i++)
        apart += 0.5 + ldexp(6, -__builtin_popcountll(terms[i].mask) -
                                    __builtin_popcountll(terms[i].outer_mask));
    return apart > 4 + 10 / num_chunks;
}

/* Lets the last layer's turns and crosses leave factors out, and appends these as terms. */
static void shear(struct plan_writer *writer, const struct stage_bits *stage,
                  const struct last_layer *last, struct layer_terms *sums) {
    int64_t *words = writer->words.data;
    if (last->turns_place && !writer->words.failed)
        words[last->turns_place] = 1;
    if (last->crosses_place && !writer->words.failed)
        words[last->crosses_place] = 1;
    for (size_t i = 0; i < last->num_members; i++) {
        const struct primitive *primitive = writer->primitives + last->members[i];
        if (primitive->kind > PRIMITIVE_CROSS || primitive->kind == PRIMITIVE_PHASE)
            continue;
        const double *tangents = primitive->number;
        uint64_t first = bit_of(stage->bits[__builtin_ctzll(primitive->turned)]);
        uint64_t second = bit_of(stage->bits[63 - __builtin_clzll(primitive->turned)]);
        double own = log1p(tangents[0] * tangents[0]);
        if (primitive->kind == PRIMITIVE_TURN) {
            append_term(sums, 0, first, own);
            continue;
        }
        double other = log1p(tangents[1] * tangents[1]);
        append_term(sums, 0, second, other);
        append_term(sums, 0, first | second, own - other);
    }
}

int write_phases(struct plan_writer *writer, const struct stage_bits *stage, const int32_t *chosen,
                 size_t count, const struct last_layer *last, struct layer_terms *sums) {
    int chunk_qubits = __builtin_popcountll(stage->active);
    memset(sums->ones, 0, sizeof sums->ones);
    memset(sums->pairs, 0, sizeof sums->pairs);
    for (uint64_t outer = stage->outer; outer; outer &= outer - 1)
        memset(sums->outer[__builtin_ctzll(outer)], 0, sizeof sums->outer[0]);
    sums->terms.count = 0;
    for (size_t i = 0; i < count; i++)
        if (writer->primitives[chosen[i]].kind == PRIMITIVE_PHASE)
            sum_term(sums, stage, writer->primitives + chosen[i]);
    list_terms(sums, stage->outer, chunk_qubits);
    int tabled = table_pays(sums->terms.data, sums->terms.count,
                            ldexp(1, __builtin_popcountll(stage->outer)));
    if (tabled)
        shear(writer, stage, last, sums);
    const struct phase_term *terms = sums->terms.data;
    size_t num_terms = sums->terms.count;
    if (tabled)
        write_table(writer, terms, num_terms);
    for (size_t i = 0; i < num_terms; i++)
        if (!tabled || classify(terms + i) == TERM_APART)
            write_phase(writer, terms + i);
    if (writer->scale < SMALLEST_SCALE) {
        begin_step(writer, STEP_PHASE);
        write_conditions(&writer->words, 0, 0, 0, 0);
        append_number(&writer->numbers, writer->scale);
        append_number(&writer->numbers, 0);
        writer->scale = 1;
    }
    return sums->terms.failed ? KERNEL_NO_MEMORY : KERNEL_DONE;
}
