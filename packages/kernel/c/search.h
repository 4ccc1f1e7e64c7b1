/* The search for a short list of stages. */
#ifndef SEARCH_H
#define SEARCH_H

#include "control.h"
#include "trials.h"

/* A stage that was found, and which one comes before it, or -1. */
struct found_stage {
    uint64_t active;
    int32_t num_layers, before;
};

/* Attributes:
    found: all stages that were looked at, as struct found_stage.
    last: the last one of the best list.
    bytes: what the search took, `found` aside. */
struct search {
    const struct sketches *sketches;
    struct sizes sizes;
    uint64_t touched;
    const struct kernel_control *control;
    struct array found;
    int32_t last;
    size_t bytes;
};

/* Finds stages that do everything. Returns a kernel_result; `found` is to be freed whatever that is. */
int search_stages(struct search *search);

#endif
