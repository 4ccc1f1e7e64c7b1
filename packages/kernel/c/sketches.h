/* A circuit's primitives as far as staging looks at them. */
#ifndef SKETCHES_H
#define SKETCHES_H

#include "primitives.h"

enum sketch_kind { SKETCH_TURN, SKETCH_PHASE, SKETCH_OTHER };

/* What is turned and what it depends on diagonally.

Attributes:
    first, second: of a turn its qubit, of a phase on two qubits both.
    primitive: its index.
    work: what it costs beside others, in multiply-adds an amplitude; nothing for phases. */
struct sketch {
    uint64_t turned, mask;
    uint8_t kind, first, second;
    int32_t primitive;
    float work;
};

/* Attributes:
    turned: all qubits that something turns. */
struct sketches {
    struct sketch *all;
    int32_t count;
    uint64_t turned;
    double work;
};

/* Sketches what staging must look at, in order, into room for as many as there are primitives: not
   phases on one qubit, nor those on whose qubits one primitive comes next, nor a second one on the
   same two. */
void make_sketches(const struct primitive *primitives, size_t count, struct sketches *sketches);

#endif
