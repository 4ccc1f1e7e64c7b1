/* Staging: which qubits shall lie in the chunks, and what can be done while they do.

A primitive can be done in a stage when the qubits that it turns lie in the chunk, and nothing that
does not commute with it has been left for later. What depends on other qubits diagonally needs no
more than their values, which the chunk's number tells. Several sets of qubits are tried, and that
which saves most is taken: see find_yield. */
#include "staging.h"

#include <math.h>

/* Costs in multiply-adds an amplitude: what each layer takes beside its turns, which is a table of
   phases, and what each stage takes, which is a pass over memory. */
static const double LAYER_COST = 6, STAGE_COST = 20;

/* How much more later stages cost for their work than the fullest one of now. */
static const double LATER_IS_WORSE = 1.2;

enum {
    /* Layers beyond these are left for a later stage. */
    MOST_LAYERS = 64,
    MOST_ATTEMPTS = 26
};

struct attempt {
    uint64_t active;
    /* How many qubits may still join, when something needs them. */
    int room;
    /* Qubits on which something non-diagonal was left for later, and something diagonal. */
    uint64_t left_turned, left_phased;
    struct layering layering;
    /* By layer. */
    int32_t work[MOST_LAYERS];
};

int primitive_work(const struct primitive *primitive) {
    switch (primitive->kind) {
    case PRIMITIVE_TURN: case PRIMITIVE_CROSS: return 2;
    case PRIMITIVE_EXCHANGE: return 1;
    case PRIMITIVE_DENSE: return 3 << primitive->num_targets;
    default: return 0;
    }
}

/* The number of the layer in which the primitive is done, from 1 on; 0 when it is left. */
static inline int32_t do_or_leave(struct attempt *attempt, const struct sketch *primitive) {
    uint64_t missing = primitive->turned & ~attempt->active;
    int num_missing = __builtin_popcountll(missing);
    if (primitive->turned & (attempt->left_turned | attempt->left_phased) ||
        primitive->mask & attempt->left_turned || num_missing > attempt->room) {
        attempt->left_turned |= primitive->turned;
        attempt->left_phased |= primitive->mask;
        return 0;
    }
    attempt->room -= num_missing;
    attempt->active |= missing;
    int32_t layer = place_in_layer(&attempt->layering, primitive->turned, primitive->mask);
    if (layer < MOST_LAYERS)
        attempt->work[layer] += primitive->work;
    return layer + 1;
}

static void try_stage(const struct staging *staging, struct attempt *attempt) {
    for (size_t i = 0; i < staging->num_remaining; i++) {
        do_or_leave(attempt, staging->remaining + i);
        if (attempt->room == 0 &&
            (attempt->active & ~(attempt->left_turned | attempt->left_phased)) == 0)
            return;
    }
}

/* The work of all layers, and what each unit of it costs, were no qubit |0>. */
struct whole {
    double work, unit_cost;
};

static struct whole sum_layers(const struct attempt *attempt) {
    double work = 0, cost = STAGE_COST;
    for (int32_t layer = 0; layer < MOST_LAYERS && attempt->work[layer]; layer++) {
        work += attempt->work[layer];
        cost += attempt->work[layer] + LAYER_COST;
    }
    return (struct whole){work, work > 0 ? cost / work : 1};
}

/* What a stage saves beside doing its work later; with as many layers as make it most, for those at
   a stage's end hold little, and that a later stage may do beside others. */
struct yield {
    double saved;
    int32_t num_layers;
};

/* A stage costs little while many qubits still are |0>. */
static struct yield find_yield(const struct staging *staging, const struct attempt *attempt,
                               double later_cost) {
    int num_touched = __builtin_popcountll(staging->touched | attempt->active);
    double share = ldexp(1, num_touched - staging->num_qubits), saved = -share * STAGE_COST;
    struct yield best = {-INFINITY, 0};
    for (int32_t layer = 0; layer < MOST_LAYERS && attempt->work[layer]; layer++) {
        double work = attempt->work[layer];
        saved += later_cost * work - share * (work + LAYER_COST);
        if (saved > best.saved)
            best = (struct yield){saved, layer + 1};
    }
    return best;
}

/* These qubits, and those that the coming primitives couple to them, until there is no room. */
static uint64_t coupled_to(const struct staging *staging, uint64_t qubits, int room) {
    for (size_t i = 0; i < staging->num_remaining && room > 0; i++) {
        const struct sketch *primitive = staging->remaining + i;
        uint64_t all = primitive->turned | primitive->mask, missing = all & ~qubits;
        if ((all & qubits) == 0 || __builtin_popcountll(missing) != 1)
            continue;
        qubits |= missing;
        room--;
    }
    return qubits;
}

/* The sets of qubits that are tried: the contiguous ones and whatever comes first, what they are
   coupled to, or a window of the others. Returns how many. */
static int list_attempts(const struct staging *staging, struct attempt *attempts) {
    int first = staging->contiguous_qubits, num_others = staging->num_qubits - first;
    int room = staging->chunk_qubits - first, count = 0;
    uint64_t contiguous = bit_of(first) - 1;
    if (room >= num_others) {
        attempts[count++] = (struct attempt){.active = bit_of(staging->num_qubits) - 1};
        return count;
    }
    attempts[count++] = (struct attempt){.active = contiguous, .room = room};
    uint64_t coupled = coupled_to(staging, contiguous, room);
    if (__builtin_popcountll(coupled) == staging->chunk_qubits)
        attempts[count++] = (struct attempt){.active = coupled};
    int step = num_others / 12 > 1 ? num_others / 12 : 1;
    for (int start = 0; start < num_others; start += step) {
        struct attempt *window = attempts + count++;
        *window = (struct attempt){.active = contiguous};
        for (int i = 0; i < room; i++)
            window->active |= bit_of(first + (start + i) % num_others);
    }
    return count;
}

/* Marks what the best stage does. Returns its qubits. */
static uint64_t choose_stage(struct staging *staging) {
    struct attempt attempts[MOST_ATTEMPTS];
    int count = list_attempts(staging, attempts), best = 0;
    struct whole largest = {0, 1};
    for (int i = 0; i < count; i++) {
        try_stage(staging, attempts + i);
        struct whole whole = sum_layers(attempts + i);
        if (whole.work > largest.work)
            largest = whole;
    }
    double later_cost = LATER_IS_WORSE * largest.unit_cost;
    struct yield most = find_yield(staging, attempts, later_cost);
    for (int i = 1; i < count; i++) {
        struct yield found = find_yield(staging, attempts + i, later_cost);
        if (found.saved > most.saved) {
            most = found;
            best = i;
        }
    }
    list_attempts(staging, attempts);
    int32_t end = count == 1 || most.num_layers == 0 ? INT32_MAX : most.num_layers;
    for (size_t i = 0; i < staging->num_remaining; i++) {
        int32_t layer = do_or_leave(attempts + best, staging->remaining + i);
        staging->done[i] = layer > 0 && layer <= end;
    }
    return attempts[best].active;
}

/* Leaves phases that nothing turns afterwards: a later stage can merge them with its own. */
static void drop_last_phases(struct staging *staging) {
    uint64_t turned_later = 0;
    for (size_t i = staging->num_remaining; i-- > 0;) {
        const struct sketch *primitive = staging->remaining + i;
        if (staging->done[i] && primitive->turned == 0 && !(primitive->mask & turned_later))
            staging->done[i] = 0;
        if (staging->done[i])
            turned_later |= primitive->turned;
    }
}

static void split(struct staging *staging, struct stage_choice *choice) {
    size_t num_left = 0;
    choice->chosen = staging->chosen;
    choice->num_chosen = 0;
    for (size_t i = 0; i < staging->num_remaining; i++) {
        if (staging->done[i])
            choice->chosen[choice->num_chosen++] = staging->remaining[i].primitive;
        else
            staging->remaining[num_left++] = staging->remaining[i];
    }
    staging->num_remaining = num_left;
}

static int anything_turns(const struct staging *staging) {
    for (size_t i = 0; i < staging->num_remaining; i++)
        if (staging->remaining[i].turned)
            return 1;
    return 0;
}

int next_stage(struct staging *staging, struct stage_choice *choice) {
    int turning = anything_turns(staging);
    if (!turning && (staging->probabilities_only || staging->num_remaining == 0))
        return 0;
    uint64_t active = choose_stage(staging);
    if (turning)
        drop_last_phases(staging);
    choice->active = active;
    split(staging, choice);
    return 1;
}
