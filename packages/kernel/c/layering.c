/* Layering: a stage's primitives become few steps.

Layers are filled as early as order allows: all phases of a layer come first and merge into one
table, then its turns, on different qubits, then the rest. A turn lacks its cosine; the cosines of
all turns multiply the scale of the next table. */
#include "layering.h"

#include <math.h>
#include <string.h>

#include "operations.h"
#include "plan_words.h"

static const double SMALLEST_SCALE = 1e-5;

/* A stage with more layers is cut: the tables of all of them are in memory at the same time. */
enum { LARGEST_NUM_LAYERS = 64 };

struct stage_bits {
    uint64_t active;
    uint64_t outer;
    /* The chunk's bit of each active qubit. */
    int8_t bits[64];
};

struct phase_term {
    uint64_t outer_mask, outer_value, mask, value;
    /* The logarithm of its factor. */
    amplitude exponent;
};

struct layer_terms {
    amplitude ones[LARGEST_CHUNK_QUBITS];
    amplitude pairs[LARGEST_CHUNK_QUBITS][LARGEST_CHUNK_QUBITS];
    amplitude outer[64][LARGEST_CHUNK_QUBITS + 1];
    /* All others. */
    struct array terms;
};

static uint64_t chunk_mask(const struct stage_bits *stage, uint64_t qubits) {
    uint64_t mask = 0;
    for (qubits &= stage->active; qubits; qubits &= qubits - 1)
        mask |= bit_of(stage->bits[__builtin_ctzll(qubits)]);
    return mask;
}

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

static void begin_step(struct plan_writer *writer, enum step_kind kind) {
    append_word(&writer->words, kind);
    writer->num_steps++;
}

static void append_factor(struct array *numbers, amplitude exponent) {
    double sine, cosine, length = creal(exponent) == 0 ? 1 : exp(creal(exponent));
    sincos(cimag(exponent), &sine, &cosine);
    append_number(numbers, length * cosine);
    append_number(numbers, length * sine);
}

static void write_conditions(struct array *words, uint64_t outer_mask, uint64_t outer_value,
                             uint64_t mask, uint64_t value) {
    append_word(words, (int64_t)outer_mask);
    append_word(words, (int64_t)outer_value);
    append_word(words, (int64_t)mask);
    append_word(words, (int64_t)value);
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

static int write_phases(struct plan_writer *writer, const struct stage_bits *stage,
                        const int32_t *chosen, size_t count, struct layer_terms *sums) {
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
    const struct phase_term *terms = sums->terms.data;
    size_t num_terms = sums->terms.count;
    int tabled = table_pays(terms, num_terms, ldexp(1, __builtin_popcountll(stage->outer)));
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

static void write_turns(struct plan_writer *writer, const struct stage_bits *stage,
                        const int32_t *chosen, size_t count) {
    double tangents[LARGEST_CHUNK_QUBITS];
    uint64_t turned = 0;
    for (size_t i = 0; i < count; i++) {
        const struct primitive *primitive = writer->primitives + chosen[i];
        if (primitive->kind != PRIMITIVE_TURN)
            continue;
        int bit = stage->bits[__builtin_ctzll(primitive->turned)];
        turned |= bit_of(bit);
        tangents[bit] = primitive->number[0];
        writer->scale /= hypot(1, primitive->number[0]);
    }
    if (turned == 0)
        return;
    begin_step(writer, STEP_ROTATE);
    append_word(&writer->words, __builtin_popcountll(turned));
    for (; turned; turned &= turned - 1) {
        int bit = __builtin_ctzll(turned);
        append_word(&writer->words, bit);
        append_number(&writer->numbers, tangents[bit]);
    }
}

static void write_crosses(struct plan_writer *writer, const struct stage_bits *stage,
                          const int32_t *chosen, size_t count) {
    int64_t num_crosses = 0;
    for (size_t i = 0; i < count; i++)
        num_crosses += writer->primitives[chosen[i]].kind == PRIMITIVE_CROSS;
    if (num_crosses == 0)
        return;
    begin_step(writer, STEP_CROSS);
    append_word(&writer->words, num_crosses);
    for (size_t i = 0; i < count; i++) {
        const struct primitive *primitive = writer->primitives + chosen[i];
        if (primitive->kind != PRIMITIVE_CROSS)
            continue;
        append_word(&writer->words, stage->bits[__builtin_ctzll(primitive->turned)]);
        append_word(&writer->words, stage->bits[63 - __builtin_clzll(primitive->turned)]);
        append_number(&writer->numbers, primitive->number[0]);
        append_number(&writer->numbers, primitive->number[1]);
        writer->scale /= hypot(1, primitive->number[0]);
    }
}

static void write_rest(struct plan_writer *writer, const struct stage_bits *stage,
                       const struct primitive *primitive) {
    uint64_t outside = primitive->mask & ~stage->active;
    begin_step(writer, primitive->kind == PRIMITIVE_EXCHANGE ? STEP_EXCHANGE : STEP_DENSE);
    write_conditions(&writer->words, outside, primitive->value & outside,
                     chunk_mask(stage, primitive->mask), chunk_mask(stage, primitive->value));
    if (primitive->kind == PRIMITIVE_EXCHANGE) {
        append_word(&writer->words, stage->bits[__builtin_ctzll(primitive->turned)]);
        return;
    }
    append_word(&writer->words, primitive->num_targets);
    for (int i = 0; i < primitive->num_targets; i++)
        append_word(&writer->words, stage->bits[primitive->targets[i]]);
    for (int64_t i = 0; i < (int64_t)2 << (2 * primitive->num_targets); i++)
        append_number(&writer->numbers, writer->matrices[primitive->matrix + i]);
}

/* The layer of each chosen primitive. Returns the number of layers. */
static int32_t assign_layers(const struct plan_writer *writer, const struct stage_choice *choice,
                             int32_t *layers) {
    struct layering layering = {0};
    int32_t num_layers = 0;
    for (size_t i = 0; i < choice->num_chosen; i++) {
        const struct primitive *primitive = writer->primitives + choice->chosen[i];
        layers[i] = place_in_layer(&layering, primitive->turned, primitive->mask);
        num_layers = layers[i] + 1 > num_layers ? layers[i] + 1 : num_layers;
    }
    return num_layers;
}

/* Sorts the chosen primitives by layer. `starts` has room for one more than there are layers. */
static void sort_by_layer(const struct stage_choice *choice, const int32_t *layers,
                          int32_t num_layers, int32_t *starts, int32_t *sorted) {
    memset(starts, 0, ((size_t)num_layers + 1) * sizeof *starts);
    for (size_t i = 0; i < choice->num_chosen; i++)
        starts[layers[i] + 1]++;
    for (int32_t layer = 0; layer < num_layers; layer++)
        starts[layer + 1] += starts[layer];
    for (size_t i = 0; i < choice->num_chosen; i++)
        sorted[starts[layers[i]]++] = choice->chosen[i];
    for (int32_t layer = num_layers; layer > 0; layer--)
        starts[layer] = starts[layer - 1];
    starts[0] = 0;
}

static struct stage_bits write_stage_head(struct plan_writer *writer, uint64_t active) {
    struct stage_bits stage = {.active = active, .outer = writer->touched & ~active};
    int next = writer->contiguous_qubits;
    append_word(&writer->words, __builtin_popcountll(active));
    append_word(&writer->words, next);
    for (int i = 0; i < next; i++)
        stage.bits[i] = (int8_t)i;
    for (uint64_t left = active >> next << next; left; left &= left - 1) {
        int qubit = __builtin_ctzll(left);
        append_word(&writer->words, qubit);
        stage.bits[qubit] = (int8_t)next++;
    }
    append_word(&writer->words, __builtin_popcountll(stage.outer));
    for (uint64_t left = stage.outer; left; left &= left - 1)
        append_word(&writer->words, __builtin_ctzll(left));
    return stage;
}

/* What a stage's primitives are sorted into. */
struct layers {
    /* The primitives by layer, and where each layer starts among them. */
    int32_t *sorted, *starts;
    int32_t count;
};

static void write_layer(struct plan_writer *writer, const struct stage_bits *stage,
                        const int32_t *members, size_t num_members) {
    write_turns(writer, stage, members, num_members);
    write_crosses(writer, stage, members, num_members);
    for (size_t i = 0; i < num_members; i++)
        if (writer->primitives[members[i]].kind >= PRIMITIVE_EXCHANGE)
            write_rest(writer, stage, writer->primitives + members[i]);
}

static int write_layers(struct plan_writer *writer, uint64_t active, const struct layers *layers,
                        int32_t first, int32_t end, struct layer_terms *sums) {
    struct stage_bits stage = write_stage_head(writer, active);
    size_t count_place = writer->words.count;
    append_word(&writer->words, 0);
    writer->num_steps = 0;
    writer->num_stages++;
    for (int32_t layer = first; layer < end; layer++) {
        const int32_t *members = layers->sorted + layers->starts[layer];
        size_t num_members = (size_t)(layers->starts[layer + 1] - layers->starts[layer]);
        if (write_phases(writer, &stage, members, num_members, sums) != KERNEL_DONE)
            return KERNEL_NO_MEMORY;
        write_layer(writer, &stage, members, num_members);
    }
    if (writer->words.failed || writer->numbers.failed)
        return KERNEL_NO_MEMORY;
    ((int64_t *)writer->words.data)[count_place] = writer->num_steps;
    return KERNEL_DONE;
}

int write_stage(struct plan_writer *writer, const struct stage_choice *choice) {
    size_t num_chosen = choice->num_chosen;
    size_t layers_bytes = (3 * num_chosen + 1) * sizeof(int32_t);
    struct layer_terms *sums = calloc(1, sizeof *sums);
    int32_t *places = malloc(layers_bytes);
    int result = sums == NULL || places == NULL ? KERNEL_NO_MEMORY : KERNEL_DONE;
    if (result == KERNEL_DONE) {
        struct layers layers = {places + num_chosen, places + 2 * num_chosen, 0};
        layers.count = assign_layers(writer, choice, places);
        sort_by_layer(choice, places, layers.count, layers.starts, layers.sorted);
        for (int32_t first = 0; first < layers.count && result == KERNEL_DONE;
             first += LARGEST_NUM_LAYERS) {
            int32_t left = layers.count - first;
            int32_t end = first + (left < LARGEST_NUM_LAYERS ? left : LARGEST_NUM_LAYERS);
            result = write_layers(writer, choice->active, &layers, first, end, sums);
        }
        writer->stage_bytes = larger(writer->stage_bytes, sizeof *sums + layers_bytes +
                                                              sums->terms.most_bytes);
        array_free(&sums->terms);
    }
    free(places);
    free(sums);
    for (size_t i = 0; i < num_chosen; i++)
        writer->touched |= writer->primitives[choice->chosen[i]].turned;
    return result;
}
