#include "sketches.h"

#include <string.h>

static float work_of(const struct primitive *primitive) {
    switch (primitive->kind) {
    case PRIMITIVE_TURN: return 2;
    case PRIMITIVE_CROSS: return 3.5F;
    case PRIMITIVE_EXCHANGE: return 1;
    case PRIMITIVE_DENSE: return (float)(3 << primitive->num_targets);
    default: return 0;
    }
}

/* What comes after the primitives that are looked at, from the last one on.

Attributes:
    next: the next sketched primitive on each qubit, or -1.
    partners: with which other qubits a phase on two of them comes before the next turn of either. */
struct coming {
    int32_t next[64];
    uint64_t partners[64];
};

/* Whether the same primitive comes next on all qubits of a phase: it waits for all that the phase
   waits for. */
static int is_covered(const int32_t *next, uint64_t mask) {
    int32_t after = next[__builtin_ctzll(mask)];
    for (uint64_t left = mask; left; left &= left - 1)
        if (next[__builtin_ctzll(left)] != after)
            return 0;
    return after >= 0;
}

/* Whether a phase stands in nothing's way that others do not stand in, too. */
static int is_idle(const struct coming *coming, uint64_t mask) {
    if ((mask & (mask - 1)) == 0 || is_covered(coming->next, mask))
        return 1;
    uint64_t rest = mask & (mask - 1);
    return (rest & (rest - 1)) == 0 && coming->partners[__builtin_ctzll(mask)] & rest;
}

static void add_coming(struct coming *coming, const struct primitive *primitive, int32_t index) {
    uint64_t turned = primitive->turned, mask = primitive->mask;
    for (uint64_t left = turned | mask; left; left &= left - 1)
        coming->next[__builtin_ctzll(left)] = index;
    for (uint64_t left = turned; left; left &= left - 1) {
        int qubit = __builtin_ctzll(left);
        for (uint64_t others = coming->partners[qubit]; others; others &= others - 1)
            coming->partners[__builtin_ctzll(others)] &= ~bit_of(qubit);
        coming->partners[qubit] = 0;
    }
    if (turned == 0 && __builtin_popcountll(mask) == 2) {
        int first = __builtin_ctzll(mask), second = 63 - __builtin_clzll(mask);
        coming->partners[first] |= bit_of(second);
        coming->partners[second] |= bit_of(first);
    }
}

static struct sketch sketch_of(const struct primitive *primitive, int32_t index) {
    uint64_t turned = primitive->turned, mask = primitive->mask, all = turned | mask;
    int size = __builtin_popcountll(all);
    int kind = mask == 0 && size == 1 ? SKETCH_TURN
               : turned == 0 && size == 2 ? SKETCH_PHASE
                                          : SKETCH_OTHER;
    return (struct sketch){turned, mask, (uint8_t)kind, (uint8_t)__builtin_ctzll(all),
                           (uint8_t)(63 - __builtin_clzll(all)), index, work_of(primitive)};
}

void make_sketches(const struct primitive *primitives, size_t count, struct sketches *sketches) {
    struct coming coming = {.partners = {0}};
    memset(coming.next, -1, sizeof coming.next);
    struct sketch *end = sketches->all + count, *begin = end;
    sketches->work = 0;
    sketches->turned = 0;
    for (size_t i = count; i-- > 0;) {
        if (primitives[i].turned == 0 && is_idle(&coming, primitives[i].mask))
            continue;
        add_coming(&coming, primitives + i, (int32_t)i);
        *--begin = sketch_of(primitives + i, (int32_t)i);
        sketches->work += begin->work;
        sketches->turned |= begin->turned;
    }
    sketches->count = (int32_t)(end - begin);
    memmove(sketches->all, begin, (size_t)sketches->count * sizeof *begin);
}
