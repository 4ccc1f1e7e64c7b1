/* Looking at what others say: whether to end, and how many threads may work. */
#ifndef CONTROL_H
#define CONTROL_H

#include "kernel.h"

/* How many amplitudes are gone through between two looks: some 100 microseconds. */
enum { LOOK_AFTER = 1 << 16 };

static inline int is_told_to_stop(const struct kernel_control *control) {
    return __atomic_load_n(&control->stop, __ATOMIC_RELAXED) != 0;
}

static inline int clamped_threads(int64_t number, int least) {
    return number < least ? least : number < LARGEST_NUM_THREADS ? (int)number : LARGEST_NUM_THREADS;
}

/* How many threads a run has in any case. */
static inline int num_own_threads(const struct kernel_control *control) {
    return clamped_threads(control->num_threads, 1);
}

/* How many threads may work at present. */
static inline int num_allowed_threads(const struct kernel_control *control) {
    const int32_t *spare = control->spare_threads;
    int own = num_own_threads(control);
    return spare ? clamped_threads((int64_t)own + __atomic_load_n(spare, __ATOMIC_RELAXED), own)
                 : own;
}

/* Where the next look is due on the way from `begin` to `end`. */
static inline size_t next_look(size_t begin, size_t end) {
    return end - begin < LOOK_AFTER ? end : begin + LOOK_AFTER;
}

#endif
