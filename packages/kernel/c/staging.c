/* Staging: which qubits shall lie in the chunks, and what can be done while they do.

A primitive can be done in a stage when the qubits that it turns lie in the chunk, and nothing that
does not commute with it has been left for later. What depends on other qubits diagonally needs no
more than their values, which the chunk's number tells. The search says what turns in which stage; a
phase is done in the first stage that turns one of its qubits afterwards. */
#include "staging.h"

#include "search.h"

/* A stage that does everything: all qubits lie in the chunk, or only phases are left. */
static int do_all_at_once(const struct staging *staging, int32_t *stage_of, struct array *active) {
    for (size_t i = 0; i < staging->num_primitives; i++)
        if (staging->primitives[i].turned)
            stage_of[i] = 0;
    uint64_t *only = array_grow(active, sizeof *only, 1);
    if (only == NULL)
        return KERNEL_NO_MEMORY;
    *only = bit_of(staging->sizes.chunk_qubits) - 1;
    return KERNEL_DONE;
}

/* The stages that the search has found, in their order. Returns how many they are. */
static int32_t list_found(const struct search *search, struct array *order) {
    const struct found_stage *found = search->found.data;
    int32_t count = 0;
    for (int32_t at = search->last; at >= 0; at = found[at].before)
        count++;
    struct found_stage *listed = array_grow(order, sizeof *listed, (size_t)count);
    int32_t place = count;
    for (int32_t at = search->last; at >= 0 && listed != NULL; at = found[at].before)
        listed[--place] = found[at];
    return count;
}

/* Says what a stage does, as far as it turns something. Returns all that it turns. */
static uint64_t mark_done(const struct sketches *sketches, const struct progress *before,
                          const struct account *account, int32_t num_layers, int32_t stage,
                          int32_t *stage_of) {
    uint64_t turned = 0;
    for (int offset = 0; offset < account->end; offset++) {
        if (before->done[offset / 64] >> offset % 64 & 1 || account->layers[offset] >= num_layers)
            continue;
        const struct sketch *sketch = sketches->all + before->base + offset;
        stage_of[sketch->primitive] = stage;
        turned |= sketch->turned;
    }
    return turned;
}

/* Goes through the stages that the search has found. Qubits that still are |0> after a stage need
   not be active in it. */
static int follow(const struct staging *staging, struct search *search, int32_t *stage_of,
                  struct array *active) {
    struct array order = {0};
    int32_t count = list_found(search, &order);
    const struct found_stage *found = order.data;
    struct account *account = malloc(sizeof *account);
    uint64_t *sets = array_grow(active, sizeof *sets, (size_t)count);
    int result = found && account && sets ? KERNEL_DONE : KERNEL_NO_MEMORY;
    uint64_t lowest = bit_of(staging->sizes.contiguous_qubits) - 1;
    struct progress way, next;
    begin_progress(search->sketches, search->touched, &way);
    for (int32_t stage = 0; stage < count && result == KERNEL_DONE; stage++) {
        const struct cut cut = {.num_layers = found[stage].num_layers};
        account_for_stage(search->sketches, &way, found[stage].active, account);
        uint64_t turned =
            mark_done(search->sketches, &way, account, cut.num_layers, stage, stage_of);
        sets[stage] = found[stage].active & (lowest | turned | way.touched);
        take_stage(search->sketches, &way, account, &cut, &next);
        way = next;
    }
    search->bytes = larger(search->bytes, order.bytes + sizeof *account);
    array_free(&order);
    free(account);
    return result;
}

/* A phase is done before anything turns one of its qubits; at the end, what nothing turns. */
static void place_phases(const struct staging *staging, int32_t last, int32_t *stage_of) {
    int32_t next[64];
    for (int qubit = 0; qubit < 64; qubit++)
        next[qubit] = last;
    for (size_t i = staging->num_primitives; i-- > 0;) {
        uint64_t turned = staging->primitives[i].turned, mask = staging->primitives[i].mask;
        if (turned == 0) {
            stage_of[i] = INT32_MAX;
            for (; mask; mask &= mask - 1) {
                int32_t stage = next[__builtin_ctzll(mask)];
                stage_of[i] = stage < stage_of[i] ? stage : stage_of[i];
            }
        }
        for (; turned; turned &= turned - 1)
            next[__builtin_ctzll(turned)] = stage_of[i];
    }
}

/* Sorts the primitives by stage; those of none are left out. */
static int sort_by_stage(const int32_t *stage_of, size_t count, struct stages *stages) {
    size_t starts_bytes = ((size_t)stages->count + 2) * sizeof(int32_t);
    size_t primitives_bytes = (count + 1) * sizeof(int32_t);
    int32_t *starts = stages->starts = calloc(1, starts_bytes);
    stages->primitives = malloc(primitives_bytes);
    stages->bytes += starts_bytes + primitives_bytes;
    if (starts == NULL || stages->primitives == NULL)
        return KERNEL_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (stage_of[i] < stages->count)
            starts[stage_of[i] + 2]++;
    for (int32_t stage = 0; stage < stages->count; stage++)
        starts[stage + 2] += starts[stage + 1];
    for (size_t i = 0; i < count; i++)
        if (stage_of[i] < stages->count)
            stages->primitives[starts[stage_of[i] + 1]++] = (int32_t)i;
    return KERNEL_DONE;
}

/* Says for each primitive that turns something which stage does it, and which qubits are active in
   each stage. `most_bytes` becomes what that took. */
static int choose(const struct staging *staging, struct sketches *sketches, int32_t *stage_of,
                  struct array *active, size_t *most_bytes) {
    size_t count = staging->num_primitives;
    make_sketches(staging->primitives, count, sketches);
    int phases_alone = sketches->work == 0;
    if (phases_alone && (staging->probabilities_only || count == 0))
        return KERNEL_DONE;
    if (phases_alone || staging->sizes.chunk_qubits == staging->sizes.num_qubits)
        return do_all_at_once(staging, stage_of, active);
    struct search search = {.sketches = sketches,
                            .sizes = staging->sizes,
                            .touched = staging->touched,
                            .control = staging->control};
    int result = search_stages(&search);
    if (result == KERNEL_DONE)
        result = follow(staging, &search, stage_of, active);
    *most_bytes = search.found.most_bytes + search.bytes;
    array_free(&search.found);
    return result;
}

int choose_stages(const struct staging *staging, struct stages *stages) {
    size_t count = staging->num_primitives, found_bytes = 0;
    size_t sketches_bytes = (count + 1) * sizeof(struct sketch);
    size_t stage_of_bytes = (count + 1) * sizeof(int32_t);
    struct array active = {0};
    struct sketches sketches = {.all = malloc(sketches_bytes)};
    int32_t *stage_of = malloc(stage_of_bytes);
    int result = sketches.all && stage_of ? KERNEL_DONE : KERNEL_NO_MEMORY;
    if (result == KERNEL_DONE)
        result = choose(staging, &sketches, stage_of, &active, &found_bytes);
    free(sketches.all);
    stages->active = active.data;
    stages->count = (int32_t)active.count;
    stages->bytes = active.bytes;
    if (result == KERNEL_DONE) {
        place_phases(staging, stages->count - !staging->probabilities_only, stage_of);
        result = sort_by_stage(stage_of, count, stages);
    }
    free(stage_of);
    stages->most_bytes =
        stage_of_bytes + larger(sketches_bytes + found_bytes + active.most_bytes, stages->bytes);
    return result;
}

void free_stages(struct stages *stages) {
    free(stages->active);
    free(stages->primitives);
    free(stages->starts);
}
