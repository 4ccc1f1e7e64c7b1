/* Staging: which qubits shall lie in the chunks, and what can be done while they do.

A primitive can be done in a stage when the qubits that it turns lie in the chunk, and nothing that
does not commute with it has been left for later. What depends on other qubits diagonally needs no
more than their values, which the chunk's number tells. Several sets of qubits are tried, and that
which does most is taken. */
#include "staging.h"

struct attempt {
    uint64_t active;
    /* How many qubits may still join, when something needs them. */
    int room;
    /* Qubits on which something non-diagonal was left for later, and something diagonal. */
    uint64_t left_turned, left_phased;
};

int primitive_work(const struct primitive *primitive) {
    switch (primitive->kind) {
    case PRIMITIVE_TURN: case PRIMITIVE_CROSS: return 2;
    case PRIMITIVE_EXCHANGE: return 1;
    case PRIMITIVE_DENSE: return 3 << primitive->num_targets;
    default: return 0;
    }
}

static inline int do_or_leave(struct attempt *attempt, const struct sketch *primitive) {
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
    return 1;
}

static int64_t try_stage(const struct staging *staging, struct attempt *attempt) {
    int64_t done = 0;
    for (size_t i = 0; i < staging->num_remaining; i++) {
        if (do_or_leave(attempt, staging->remaining + i))
            done += staging->remaining[i].work;
        if (attempt->room == 0 &&
            (attempt->active & ~(attempt->left_turned | attempt->left_phased)) == 0)
            break;
    }
    return done;
}

/* The contiguous qubits and either a window of the others, or whatever comes first. */
static struct attempt choose_qubits(const struct staging *staging) {
    int first = staging->contiguous_qubits, num_others = staging->num_qubits - first;
    int room = staging->chunk_qubits - first;
    uint64_t contiguous = bit_of(first) - 1;
    struct attempt best = {.active = contiguous, .room = room}, attempt = best;
    if (room >= num_others) {
        best.active = bit_of(staging->num_qubits) - 1;
        return best;
    }
    int64_t most = try_stage(staging, &attempt);
    int step = num_others / 12 > 1 ? num_others / 12 : 1;
    for (int start = 0; start < num_others; start += step) {
        struct attempt window = {.active = contiguous};
        for (int i = 0; i < room; i++)
            window.active |= bit_of(first + (start + i) % num_others);
        struct attempt tried = window;
        int64_t done = try_stage(staging, &tried);
        if (done > most) {
            most = done;
            best = window;
        }
    }
    return best;
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
    struct attempt attempt = choose_qubits(staging);
    for (size_t i = 0; i < staging->num_remaining; i++)
        staging->done[i] = (uint8_t)do_or_leave(&attempt, staging->remaining + i);
    if (turning)
        drop_last_phases(staging);
    choice->active = attempt.active;
    split(staging, choice);
    return 1;
}
