#include "sets.h"

/* The next sketch that is not done, or NULL at the end. */
static const struct sketch *next_left(const struct sketches *sketches,
                                      const struct progress *progress, int *offset) {
    for (; *offset < LOOKAHEAD; ++*offset) {
        uint64_t left = ~progress->done[*offset / 64] >> *offset % 64;
        if (left == 0) {
            *offset |= 63;
            continue;
        }
        *offset += __builtin_ctzll(left);
        if (progress->base + *offset >= sketches->count)
            return NULL;
        return sketches->all + progress->base + (*offset)++;
    }
    return NULL;
}

/* These qubits and the first ones that turn, as long as all of a primitive's find room. */
static uint64_t first_turned(const struct sketches *sketches, const struct progress *progress,
                             uint64_t qubits, int room) {
    int offset = 0;
    const struct sketch *sketch;
    while (room > 0 && (sketch = next_left(sketches, progress, &offset)) != NULL) {
        uint64_t missing = sketch->turned & ~qubits;
        if (__builtin_popcountll(missing) > room)
            break;
        qubits |= missing;
        room -= __builtin_popcountll(missing);
    }
    return qubits;
}

/* These qubits, and those that the coming primitives couple to them, until there is no room. */
static uint64_t coupled_to(const struct sketches *sketches, const struct progress *progress,
                           uint64_t qubits, int room) {
    int offset = 0;
    const struct sketch *sketch;
    while (room > 0 && (sketch = next_left(sketches, progress, &offset)) != NULL) {
        uint64_t all = sketch->turned | sketch->mask, missing = all & ~qubits;
        if ((all & qubits) == 0 || missing == 0 || missing & (missing - 1))
            continue;
        qubits |= missing;
        room--;
    }
    return qubits;
}

static int append_set(uint64_t *sets, int count, uint64_t set) {
    for (int i = 0; i < count; i++)
        if (sets[i] == set)
            return count;
    sets[count] = set;
    return count + 1;
}

int list_sets(const struct sizes *sizes, const struct sketches *sketches,
              const struct progress *progress, uint64_t *sets) {
    int first = sizes->contiguous_qubits, num_others = sizes->num_qubits - first;
    int room = sizes->chunk_qubits - first, step = num_others / 12 > 1 ? num_others / 12 : 1;
    uint64_t contiguous = bit_of(first) - 1;
    int count = append_set(sets, 0, first_turned(sketches, progress, contiguous, room));
    count = append_set(sets, count, coupled_to(sketches, progress, contiguous, room));
    for (int start = 0; start < num_others; start += step) {
        uint64_t window = contiguous;
        for (int i = 0; i < room; i++)
            window |= bit_of(first + (start + i) % num_others);
        count = append_set(sets, count, window);
    }
    return count;
}

/* The qubit of a mask with the least weight, or the most. */
static int extreme_qubit(uint64_t mask, const uint16_t *weights, int most) {
    int found = __builtin_ctzll(mask);
    for (; mask; mask &= mask - 1) {
        int qubit = __builtin_ctzll(mask);
        if (most ? weights[qubit] > weights[found] : weights[qubit] < weights[found])
            found = qubit;
    }
    return found;
}

enum { NUM_EXCHANGED = 3 };

int list_exchanges(const struct sizes *sizes, const struct account *account, uint64_t *sets) {
    uint64_t leaving = account->trial.active & ~(bit_of(sizes->contiguous_qubits) - 1);
    int count = 0;
    for (int i = 0; i < NUM_EXCHANGED && leaving; i++) {
        int out = extreme_qubit(leaving, account->used, 0);
        uint64_t joining = (bit_of(sizes->num_qubits) - 1) & ~account->trial.active;
        for (int j = 0; j < NUM_EXCHANGED && joining; j++) {
            int in = extreme_qubit(joining, account->wanted, 1);
            if (account->wanted[in] == 0)
                break;
            sets[count++] = (account->trial.active & ~bit_of(out)) | bit_of(in);
            joining &= ~bit_of(in);
        }
        leaving &= ~bit_of(out);
    }
    return count;
}
