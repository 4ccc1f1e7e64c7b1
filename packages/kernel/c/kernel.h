/* What the library offers to its caller, and the sizes on which all of it rests.

A circuit is planned once and its plan run any number of times. A plan is two flat arrays, words
and numbers (plan_words.h says what stands in them): the caller keeps them, and they are checked
again before each run, so that no plan, however it came about, reads or writes outside its buffers.

Qubit q is bit q of an amplitude's index. Nothing here keeps anything between two calls. */
#ifndef KERNEL_H
#define KERNEL_H

#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))

enum {
    /* A state is never smaller: a vector register's amplitudes at least. Qubits that a circuit
       lacks stay in |0>. */
    SMALLEST_STATE_QUBITS = 4,
    LARGEST_STATE_QUBITS = 48,
    LARGEST_DENSE_TARGETS = 10,
    LARGEST_CHUNK_QUBITS = 20,
    LARGEST_NUM_THREADS = 256
};

enum kernel_result {
    KERNEL_DONE = 0,
    KERNEL_STOPPED = 1,
    KERNEL_NO_MEMORY = 2,
    KERNEL_BROKEN_PLAN = 3,
    KERNEL_UNKNOWN_OPERATION = 4
};

/* What a circuit does, one entry an operation; operands and angles of all lie one after the other.
   An operation's operands are its controls, then its targets. */
struct kernel_circuit {
    int64_t num_qubits;
    int64_t num_operations;
    const uint8_t *names;
    const uint8_t *num_operands;
    const uint8_t *num_controls;
    const uint8_t *operands;
    const double *angles;
    int64_t num_all_operands;
    int64_t num_angles;
};

struct kernel_planning {
    /* Bytes of a real number: 8 or 4. */
    int64_t real_bytes;
    /* Whether the run begins in |0...0>, rather than in the state that is there. */
    int64_t begins_in_zero;
    /* Whether probabilities alone are asked for at the end: the last phases need not be applied. */
    int64_t probabilities_only;
    /* How many qubits a chunk has, and how many of them, the lowest, are in every chunk. */
    int64_t chunk_qubits;
    int64_t contiguous_qubits;
    /* May tell the planner to end; or NULL. */
    const struct kernel_control *control;
};

/* What a plan takes: see kernel_measure_plan. */
struct kernel_measures {
    int64_t num_stages;
    int64_t num_steps;
    int64_t num_tables;
    int64_t num_rotations;
    int64_t num_crosses;
    int64_t num_dense;
    /* The most that the tables and the decoded steps of one stage take, in bytes. */
    int64_t stage_bytes;
    /* What each thread takes, in bytes. */
    int64_t thread_bytes;
    /* How many real multiply-adds are done, and how many times the whole state is read and
       written. */
    double multiply_adds;
    double passes;
};

struct kernel_plan {
    int64_t *words;
    int64_t num_words;
    double *numbers;
    int64_t num_numbers;
    /* The most memory that planning took at a time, the circuit aside. */
    int64_t planning_bytes;
    struct kernel_measures measures;
};

/* What the caller and others say while something is done, and what a run tells of itself. */
struct kernel_control {
    /* Written by another thread; other than zero: end soon. */
    int32_t stop;
    /* How many threads a run has at least, where there is memory for them. */
    int32_t num_threads;
    /* Where it stands how many further threads may work at the moment, in memory that anybody may
       write; NULL for none. */
    const int32_t *spare_threads;
    /* Written by a run: the most threads that worked at a time. */
    int64_t most_threads;
};

/* Plans the circuit and measures the plan. The arrays of `plan` are to be given to kernel_free_plan. */
EXPORT int kernel_make_plan(const struct kernel_circuit *circuit,
                            const struct kernel_planning *planning, struct kernel_plan *plan);
EXPORT void kernel_free_plan(struct kernel_plan *plan);

/* Checks a plan for states of so many qubits, and says what it takes. */
EXPORT int kernel_measure_plan(int64_t num_qubits, const int64_t *words, int64_t num_words,
                               const double *numbers, int64_t num_numbers, int64_t real_bytes,
                               struct kernel_measures *measures);

/* Bytes of the amplitudes alone: real parts, a gap, imaginary parts. */
EXPORT int64_t kernel_state_bytes(int64_t num_qubits, int64_t real_bytes);
EXPORT int64_t kernel_imaginary_offset(int64_t num_qubits, int64_t real_bytes);
/* Page-aligned memory in huge pages where there are any; NULL when there is none. */
EXPORT void *kernel_allocate(int64_t num_bytes);
EXPORT void kernel_release(void *memory, int64_t num_bytes);
/* Copies memory to other memory; ends early where the control says so. Returns a kernel_result. */
EXPORT int kernel_copy(void *to, const void *from, int64_t num_bytes,
                       const struct kernel_control *control);

/* The functions on amplitudes, for one precision. Each returns a kernel_result, and ends early where
   the control says so: the state, or what was to be read, is worth nothing then. `workspace` holds
   stage_bytes and thread_bytes; a run has thread_bytes for each further thread by itself, and gives
   them back. Sums are in double, in an order that the state's size alone decides. */
#define CONTROL const struct kernel_control *control
#define FOR_PRECISION(real, suffix)                                                              \
    EXPORT int kernel_run_##suffix(int64_t num_qubits, const int64_t *words, int64_t num_words,  \
                                   const double *numbers, int64_t num_numbers, real *state,      \
                                   void *workspace, int64_t workspace_bytes,                     \
                                   struct kernel_control *control);                              \
    /* |0...0>. */                                                                               \
    EXPORT int kernel_clear_##suffix(int64_t num_qubits, real *state, CONTROL);                  \
    /* Multiplies all amplitudes. */                                                             \
    EXPORT int kernel_scale_##suffix(int64_t num_qubits, real *state, double factor, CONTROL);   \
    /* The sum of all squares, and that of the amplitudes whose `bit` is one. */                 \
    EXPORT int kernel_weights_##suffix(int64_t num_qubits, const real *state, int64_t bit,       \
                                       double *sums, CONTROL);                                   \
    /* Leaves the half where the bit has the value, times a factor, and zeros in the other. */   \
    EXPORT int kernel_project_##suffix(int64_t num_qubits, real *state, int64_t bit,             \
                                       int64_t value, double factor, CONTROL);                   \
    /* Leaves that half here, and writes the other one, times a factor of its own, into another   \
       state, with zeros where the first one is. */                                              \
    EXPORT int kernel_split_##suffix(int64_t num_qubits, real *state, real *other, int64_t bit,   \
                                     int64_t value, double factor, double other_factor, CONTROL); \
    /* The squares of all amplitudes, summed by the value of some bits. */                       \
    EXPORT int kernel_marginal_##suffix(int64_t num_qubits, const real *state, int64_t num_bits, \
                                        const int64_t *bits, int64_t flips, double *sums, CONTROL);\
    /* Sums of the squares of blocks of 2^block_qubits amplitudes. */                            \
    EXPORT int kernel_block_sums_##suffix(int64_t num_qubits, const real *state,                 \
                                          int64_t block_qubits, double *sums, CONTROL);          \
    /* For each ascending point below the total, the index at which the running sum passes it. */\
    EXPORT int kernel_pick_##suffix(int64_t num_qubits, const real *state, int64_t block_qubits, \
                                    const double *sums, int64_t num_points,                      \
                                    const double *points, int64_t *indices, CONTROL);            \
    /* Moves bit positions[q] to place q, and flips the bits of `flips` before. */               \
    EXPORT int kernel_settle_##suffix(int64_t num_qubits, real *state,                           \
                                      const int64_t *positions, int64_t flips, CONTROL);         \
    /* All amplitudes times a factor, real and imaginary part of each. */                        \
    EXPORT int kernel_read_##suffix(int64_t num_qubits, const real *state, double factor,        \
                                    double *amplitudes, CONTROL);                                \
    /* Does operations without a plan. Qubit q lies at place positions[q], with its zeros and     \
       ones exchanged where `flips` has that place; both are changed. */                         \
    EXPORT int kernel_apply_##suffix(int64_t num_qubits, real *state,                            \
                                     const struct kernel_circuit *circuit, int64_t *positions,   \
                                     int64_t *flips, CONTROL);                                   \
    /* The same on a state of its own in |0...0>, and then the squares of all amplitudes, summed  \
       by the value of some qubits. The circuit is given member by member: that is quicker. */   \
    EXPORT int kernel_outcomes_##suffix(                                                         \
        int64_t num_qubits, int64_t num_operations, const uint8_t *names,                        \
        const uint8_t *num_operands, const uint8_t *num_controls, const uint8_t *operands,       \
        const double *angles, int64_t num_all_operands, int64_t num_angles, int64_t num_bits,    \
        const int64_t *qubits, double *sums, CONTROL);

FOR_PRECISION(double, double)
FOR_PRECISION(float, single)

#endif
