/* Looking at whether another thread told to end. */
#ifndef CONTROL_H
#define CONTROL_H

#include "kernel.h"

/* How many amplitudes are gone through between two looks: some 100 microseconds. */
enum { LOOK_AFTER = 1 << 16 };

static inline int is_told_to_stop(const struct kernel_control *control) {
    return __atomic_load_n(&control->stop, __ATOMIC_RELAXED) != 0;
}

/* Where the next look is due on the way from `begin` to `end`. */
static inline size_t next_look(size_t begin, size_t end) {
    return end - begin < LOOK_AFTER ? end : begin + LOOK_AFTER;
}

#endif
