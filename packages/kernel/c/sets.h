/* Sets of qubits that a stage may have in its chunks. */
#ifndef SETS_H
#define SETS_H

#include "trials.h"

enum { MOST_SETS = 26 };

/* The lowest qubits, which are in each set, and beside them: whatever comes first, what the coming
   primitives couple to the lowest ones, a window of the others at each of a dozen places. Returns how
   many they are; the first one can do what comes next, whatever that is. */
int list_sets(const struct sizes *sizes, const struct sketches *sketches,
              const struct progress *progress, uint64_t *sets);

/* Sets that differ from a stage's by one qubit: one of those that it used least, for one of those
   that it wanted most. Returns how many they are. */
int list_exchanges(const struct sizes *sizes, const struct account *account, uint64_t *sets);

#endif
