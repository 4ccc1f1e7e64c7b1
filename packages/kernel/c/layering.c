/* Layering: a stage's primitives become few steps.

Layers are filled as early as order allows: all phases of a layer come first and merge into one
table, then its turns, on different qubits, then the rest. A turn lacks its cosine; the cosines of
all turns multiply the scale of the next table. Where the next layer has a table, turns and crosses
are sheared, and the factors that they leave out are put into that table. */
#include "layering.h"

#include <math.h>
#include <string.h>

#include "phases.h"
#include "plan_words.h"

/* A stage with more layers is cut: the tables of all of them are in memory at the same time. */
enum { LARGEST_NUM_LAYERS = 64 };

/* Returns where it stands whether the turns are sheared; 0 when there are none. */
static size_t write_turns(struct plan_writer *writer, const struct stage_bits *stage,
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
        return 0;
    begin_step(writer, STEP_ROTATE);
    size_t place = writer->words.count;
    append_word(&writer->words, 0);
    append_word(&writer->words, __builtin_popcountll(turned));
    for (; turned; turned &= turned - 1) {
        int bit = __builtin_ctzll(turned);
        append_word(&writer->words, bit);
        append_number(&writer->numbers, tangents[bit]);
    }
    return place;
}

/* Returns where it stands whether the crosses are sheared; 0 when there are none. */
static size_t write_crosses(struct plan_writer *writer, const struct stage_bits *stage,
                            const int32_t *chosen, size_t count) {
    int64_t num_crosses = 0;
    for (size_t i = 0; i < count; i++)
        num_crosses += writer->primitives[chosen[i]].kind == PRIMITIVE_CROSS;
    if (num_crosses == 0)
        return 0;
    begin_step(writer, STEP_CROSS);
    size_t place = writer->words.count;
    append_word(&writer->words, 0);
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
    return place;
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

/* The first layer in which a phase, and a turn, of a qubit may stand. */
struct layering {
    int32_t phases_from[64], turns_from[64];
};

/* The earliest layer for a primitive that comes after those placed before: phases of a layer are
   done before its turns. */
static int32_t place_in_layer(struct layering *layering, uint64_t turned, uint64_t mask) {
    int32_t layer = 0;
    for (uint64_t left = mask; left; left &= left - 1) {
        int32_t from = layering->phases_from[__builtin_ctzll(left)];
        layer = from > layer ? from : layer;
    }
    for (uint64_t left = turned; left; left &= left - 1) {
        int32_t from = layering->turns_from[__builtin_ctzll(left)];
        layer = from > layer ? from : layer;
    }
    int32_t next_turn = turned ? layer + 1 : layer;
    for (uint64_t left = mask; left; left &= left - 1) {
        int32_t *from = layering->turns_from + __builtin_ctzll(left);
        *from = next_turn > *from ? next_turn : *from;
    }
    for (uint64_t left = turned; left; left &= left - 1) {
        int qubit = __builtin_ctzll(left);
        layering->phases_from[qubit] = layering->turns_from[qubit] = layer + 1;
    }
    return layer;
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

static struct last_layer write_layer(struct plan_writer *writer, const struct stage_bits *stage,
                                     const int32_t *members, size_t num_members) {
    struct last_layer written = {members, num_members, 0, 0};
    written.turns_place = write_turns(writer, stage, members, num_members);
    written.crosses_place = write_crosses(writer, stage, members, num_members);
    for (size_t i = 0; i < num_members; i++)
        if (writer->primitives[members[i]].kind >= PRIMITIVE_EXCHANGE)
            write_rest(writer, stage, writer->primitives + members[i]);
    return written;
}

static int write_layers(struct plan_writer *writer, uint64_t active, const struct layers *layers,
                        int32_t first, int32_t end, struct layer_terms *sums) {
    struct stage_bits stage = write_stage_head(writer, active);
    size_t count_place = writer->words.count;
    append_word(&writer->words, 0);
    writer->num_steps = 0;
    writer->num_stages++;
    struct last_layer last = {0};
    for (int32_t layer = first; layer < end; layer++) {
        const int32_t *members = layers->sorted + layers->starts[layer];
        size_t num_members = (size_t)(layers->starts[layer + 1] - layers->starts[layer]);
        if (write_phases(writer, &stage, members, num_members, &last, sums) != KERNEL_DONE)
            return KERNEL_NO_MEMORY;
        last = write_layer(writer, &stage, members, num_members);
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
