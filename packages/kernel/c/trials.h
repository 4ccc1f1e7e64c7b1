/* What a stage can do when some qubits lie in its chunks, and what that costs. */
#ifndef TRIALS_H
#define TRIALS_H

#include "sketches.h"

enum {
    /* A stage does nothing that stands farther behind the first thing that is left. */
    LOOKAHEAD = 2048,
    /* Layers beyond these are left for a later stage. */
    MOST_LAYERS = 64
};

/* How far a circuit has been done.

Attributes:
    base: all sketches before it are done, none from base + LOOKAHEAD on. The first one that is not
        turns something: phases are done as soon as nothing stands in their way.
    done: a bit for each sketch between.
    touched: the qubits that may differ from |0>.
    cost: of the stages so far, in multiply-adds an amplitude.
    left: the work that is still to be done.
    last_stage: the last one of the stages that led here, or -1. */
struct progress {
    int32_t base, last_stage;
    uint64_t done[LOOKAHEAD / 64];
    uint64_t touched;
    double cost, left;
};

/* The machine: how many qubits a state and a chunk have, and how many the runs in a chunk. */
struct sizes {
    int num_qubits, chunk_qubits, contiguous_qubits;
};

/* What a stage can do.

Attributes:
    num_layers: how many tables it would take.
    turned, work: what is turned in each layer, and what that costs beside its table.
    outer: the qubits outside of the chunk on which each layer's table depends. */
struct trial {
    uint64_t active;
    int num_layers;
    uint64_t turned[MOST_LAYERS], outer[MOST_LAYERS];
    float work[MOST_LAYERS];
};

/* Does what can be done while the qubits are active: what they turn, where nothing that does not
   commute with it is left for later. */
void try_stage(const struct sketches *sketches, const struct progress *progress, uint64_t active,
               struct trial *trial);

/* The same once more, with what is done one by one.

Attributes:
    end: nothing from here on is done, counted from the base.
    layers: the layer of each sketch before the end that had not been done, or MOST_LAYERS when it
        is left.
    used, wanted: how much was done with each qubit, and how much was left because it alone was not
        active. */
struct account {
    struct trial trial;
    int end;
    uint8_t layers[LOOKAHEAD];
    uint16_t used[64], wanted[64];
};

void account_for_stage(const struct sketches *sketches, const struct progress *progress,
                       uint64_t active, struct account *account);

/* A stage that ends after some of a trial's layers. */
struct cut {
    int32_t num_layers;
    double cost, work;
};

/* The cut that saves most, when work that is left costs so much for each unit of it: layers at a
   stage's end hold little, which a later stage may do beside others. */
struct cut find_cut(const struct sizes *sizes, const struct progress *progress,
                    const struct trial *trial, double later_cost);

/* What each unit of work costs in a stage of all layers, were no qubit |0>. */
double unit_cost(const struct sizes *sizes, const struct trial *trial);

/* The progress before the first stage. */
void begin_progress(const struct sketches *sketches, uint64_t touched, struct progress *progress);

/* The progress after a stage. */
void take_stage(const struct sketches *sketches, const struct progress *before,
                const struct account *account, const struct cut *cut, struct progress *after);

#endif
