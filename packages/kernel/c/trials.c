/* Costs are in multiply-adds an amplitude, fitted to the times of runs: a table costs more than the
four that it takes, for its first turns are fewer than three between a load and a store; and where
its factors depend on the chunk, it is made anew for some chunks, or multiplied by another table in
each. */
#include "trials.h"

#include <math.h>
#include <string.h>

static const double TABLE_COST = 5, MAKING_A_TABLE = 10;
static const double SOME_CHUNKS_COST = 4, EACH_CHUNK_COST = 6;

/* A pass over memory: the shorter the runs in it, the dearer. */
static double pass_cost(const struct sizes *sizes) {
    return sizes->contiguous_qubits >= 6 ? 20 : sizes->contiguous_qubits == 5 ? 22 : 26;
}

/* Where the next primitives may stand.

Attributes:
    phases_from, turns_from: the first layer in which a phase, and a turn, of a qubit may stand.
    outer: what phases on each qubit since its last turn depend on outside.
    left_turned: the qubits on which something not diagonal was left for later.
    closed: those that cannot be turned: they are inactive, or something on them was left. */
struct standing {
    uint8_t phases_from[64], turns_from[64];
    uint64_t outer[64];
    uint64_t left_turned, closed;
};

static inline uint8_t higher(uint8_t a, uint8_t b) {
    return a > b ? a : b;
}

static inline uint8_t place_phase(struct standing *standing, int first, int second) {
    uint8_t layer = higher(standing->phases_from[first], standing->phases_from[second]);
    standing->turns_from[first] = higher(standing->turns_from[first], layer);
    standing->turns_from[second] = higher(standing->turns_from[second], layer);
    return layer;
}

static uint8_t place_other(struct standing *standing, uint64_t turned, uint64_t mask) {
    uint8_t layer = 0;
    for (uint64_t left = mask; left; left &= left - 1)
        layer = higher(layer, standing->phases_from[__builtin_ctzll(left)]);
    for (uint64_t left = turned; left; left &= left - 1)
        layer = higher(layer, standing->turns_from[__builtin_ctzll(left)]);
    uint8_t next_turn = (uint8_t)(turned ? layer + 1 : layer);
    for (uint64_t left = mask; left; left &= left - 1) {
        uint8_t *from = standing->turns_from + __builtin_ctzll(left);
        *from = higher(*from, next_turn);
    }
    for (uint64_t left = turned; left; left &= left - 1) {
        int qubit = __builtin_ctzll(left);
        standing->phases_from[qubit] = standing->turns_from[qubit] = (uint8_t)(layer + 1);
    }
    return layer;
}

static inline uint8_t leave(struct standing *standing, uint64_t turned, uint64_t mask) {
    standing->left_turned |= turned;
    standing->closed |= turned | mask;
    return MOST_LAYERS;
}

static inline void add_turned(struct trial *trial, uint8_t layer, uint64_t turned, uint64_t outer,
                              float work) {
    if (layer >= trial->num_layers) {
        trial->num_layers = layer + 1;
        trial->turned[layer] = trial->outer[layer] = 0;
        trial->work[layer] = 0;
    }
    trial->turned[layer] |= turned;
    trial->outer[layer] |= outer;
    trial->work[layer] += work;
}

/* The layer that a primitive gets, or MOST_LAYERS when it is left. A layer's table depends on the
   chunk where its turns come after phases that do. */
static inline uint8_t place(const struct sketch *sketch, struct trial *trial, uint64_t touched,
                            struct standing *standing) {
    uint64_t turned = sketch->turned, mask = sketch->mask;
    if (turned & standing->closed || mask & standing->left_turned)
        return leave(standing, turned, mask);
    int first = sketch->first;
    uint8_t layer;
    if (sketch->kind == SKETCH_TURN) {
        layer = standing->turns_from[first];
        standing->phases_from[first] = standing->turns_from[first] = (uint8_t)(layer + 1);
    } else if (sketch->kind == SKETCH_PHASE) {
        layer = place_phase(standing, first, sketch->second);
    } else {
        layer = place_other(standing, turned, mask);
    }
    if (layer >= MOST_LAYERS)
        return leave(standing, turned, mask);
    if (turned == 0) {
        uint64_t outside = mask & ~trial->active & touched;
        for (uint64_t left = outside ? mask & trial->active : 0; left; left &= left - 1)
            standing->outer[__builtin_ctzll(left)] |= outside;
        return layer;
    }
    uint64_t outer = 0;
    for (uint64_t left = turned; left; left &= left - 1) {
        outer |= standing->outer[__builtin_ctzll(left)];
        standing->outer[__builtin_ctzll(left)] = 0;
    }
    add_turned(trial, layer, turned, outer, sketch->work);
    return layer;
}

static inline void take_account(const struct sketch *sketch, int offset, uint8_t layer,
                                uint64_t *left_for_later, struct account *account) {
    account->layers[offset] = layer;
    uint64_t turned = sketch->turned, missing = turned & ~account->trial.active;
    if (layer < MOST_LAYERS) {
        for (uint64_t left = turned; left; left &= left - 1)
            account->used[__builtin_ctzll(left)]++;
        return;
    }
    if ((turned & *left_for_later) == 0 && missing && (missing & (missing - 1)) == 0)
        account->wanted[__builtin_ctzll(missing)]++;
    *left_for_later |= turned | sketch->mask;
}

/* Goes through what is left to do, until nothing more can be done. */
static inline void go_through(const struct sketches *sketches, const struct progress *progress,
                              uint64_t active, struct trial *trial, struct account *account) {
    struct standing standing = {.closed = ~active};
    uint64_t left_for_later = 0;
    trial->active = active;
    trial->num_layers = 0;
    int end = sketches->count - progress->base;
    end = end < LOOKAHEAD ? end : LOOKAHEAD;
    const struct sketch *all = sketches->all + progress->base;
    for (int word = 0; 64 * word < end; word++)
        for (uint64_t left = ~progress->done[word]; left; left &= left - 1) {
            int offset = 64 * word + __builtin_ctzll(left);
            if (offset >= end)
                break;
            uint8_t layer = place(all + offset, trial, progress->touched, &standing);
            if (account != NULL)
                take_account(all + offset, offset, layer, &left_for_later, account);
            if (~standing.closed == 0) {
                end = offset + 1;
                break;
            }
        }
    if (account != NULL)
        account->end = end;
}

void try_stage(const struct sketches *sketches, const struct progress *progress, uint64_t active,
               struct trial *trial) {
    go_through(sketches, progress, active, trial, NULL);
}

void account_for_stage(const struct sketches *sketches, const struct progress *progress,
                       uint64_t active, struct account *account) {
    memset(account->used, 0, sizeof account->used);
    memset(account->wanted, 0, sizeof account->wanted);
    go_through(sketches, progress, active, &account->trial, account);
}

static double outer_cost(const struct progress *progress, const struct trial *trial, int layer) {
    if (trial->outer[layer] == 0)
        return 0;
    int num_outer = __builtin_popcountll(progress->touched & ~trial->active);
    return __builtin_popcountll(trial->outer[layer]) + 2 > num_outer ? EACH_CHUNK_COST
                                                                     : SOME_CHUNKS_COST;
}

/* The share of the state that so many qubits reach. */
static double share_of(const struct sizes *sizes, int num_qubits) {
    return 1 / (double)bit_of(sizes->num_qubits - num_qubits);
}

double unit_cost(const struct sizes *sizes, const struct trial *trial) {
    double work = 0, cost = pass_cost(sizes);
    double making = MAKING_A_TABLE * share_of(sizes, sizes->chunk_qubits);
    for (int layer = 0; layer < trial->num_layers; layer++) {
        work += trial->work[layer];
        cost += trial->work[layer] + TABLE_COST + making;
    }
    return work > 0 ? cost / work : INFINITY;
}

/* A stage costs little while many qubits still are |0>. */
struct cut find_cut(const struct sizes *sizes, const struct progress *progress,
                    const struct trial *trial, double later_cost) {
    double making = MAKING_A_TABLE * share_of(sizes, sizes->chunk_qubits);
    double cost = pass_cost(sizes), fixed = 0, work = 0, most = -INFINITY;
    uint64_t touched = progress->touched | (bit_of(sizes->contiguous_qubits) - 1);
    struct cut best = {0, 0, 0};
    for (int layer = 0; layer < trial->num_layers; layer++) {
        touched |= trial->turned[layer];
        double share = share_of(sizes, __builtin_popcountll(touched));
        work += trial->work[layer];
        cost += trial->work[layer] + TABLE_COST + outer_cost(progress, trial, layer);
        fixed += making;
        double saved = later_cost * work - share * cost - fixed;
        if (saved > most) {
            most = saved;
            best = (struct cut){layer + 1, share * cost + fixed, work};
        }
    }
    return best;
}

/* Moves the base to the first sketch that is not done. Returns how far. */
static int move_base(struct progress *progress) {
    int skipped = 0, words = LOOKAHEAD / 64;
    while (skipped < words && progress->done[skipped] == ~(uint64_t)0)
        skipped++;
    size_t kept_bytes = (size_t)(words - skipped) * sizeof *progress->done;
    memmove(progress->done, progress->done + skipped, kept_bytes);
    memset(progress->done + words - skipped, 0, sizeof progress->done - kept_bytes);
    progress->base += 64 * skipped;
    return skipped;
}

/* Does the phases that nothing stands before, as far as the lookahead goes. */
static void do_free_phases(const struct sketches *sketches, struct progress *progress) {
    do {
        uint64_t left_turned = 0;
        const struct sketch *all = sketches->all + progress->base;
        int end = sketches->count - progress->base;
        for (int word = 0; word < LOOKAHEAD / 64 && 64 * word < end; word++)
            for (uint64_t left = ~progress->done[word]; left; left &= left - 1) {
                int offset = 64 * word + __builtin_ctzll(left);
                if (offset >= end || left_turned == sketches->turned) {
                    end = offset;
                    break;
                }
                left_turned |= all[offset].turned;
                if (all[offset].turned == 0 && (all[offset].mask & left_turned) == 0)
                    progress->done[word] |= left & -left;
            }
    } while (move_base(progress));
}

void begin_progress(const struct sketches *sketches, uint64_t touched, struct progress *progress) {
    *progress = (struct progress){.last_stage = -1, .touched = touched, .left = sketches->work};
    do_free_phases(sketches, progress);
}

void take_stage(const struct sketches *sketches, const struct progress *before,
                const struct account *account, const struct cut *cut, struct progress *after) {
    *after = *before;
    for (int word = 0; word < LOOKAHEAD / 64; word++)
        for (uint64_t left = ~before->done[word]; left; left &= left - 1) {
            int offset = 64 * word + __builtin_ctzll(left);
            if (offset >= account->end)
                break;
            if (account->layers[offset] >= cut->num_layers)
                continue;
            after->done[word] |= left & -left;
            after->touched |= sketches->all[before->base + offset].turned;
        }
    after->cost += cut->cost;
    after->left -= cut->work;
    do_free_phases(sketches, after);
}
