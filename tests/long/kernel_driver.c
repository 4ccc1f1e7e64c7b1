/* The kernel without Python, to be run by an emulator of another processor.

Reads a circuit from the standard input: the numbers of struct request, then the columns of struct
kernel_circuit, then a plan of another processor, if there is one, and ascending points. Plans, runs
and settles, and writes the amplitudes, and for each point an index, to the standard output. */
#include <stdio.h>
#include <stdlib.h>

#include "kernel.h"

struct request {
    int64_t real_bytes, num_qubits, num_operations, num_all_operands, num_angles;
    int64_t chunk_qubits, contiguous_qubits, num_threads;
    int64_t num_words, num_numbers, num_points;
};

enum { BLOCK_QUBITS = 4 };

static void end_with(const char *what, int result) {
    fprintf(stderr, "%s: %d\n", what, result);
    exit(1);
}

static void check(const char *what, int result) {
    if (result != KERNEL_DONE)
        end_with(what, result);
}

static void *take(int64_t count, size_t bytes) {
    void *taken = malloc((size_t)count * bytes + 1);
    if (taken == NULL || fread(taken, bytes, (size_t)count, stdin) != (size_t)count)
        end_with("reading", (int)count);
    return taken;
}

/* Does one thing for each precision, in the same words. */
#define ANSWER(real, suffix)                                                                     \
    static void answer_##suffix(const struct request *request, struct kernel_plan *plan,         \
                                const double *points) {                                          \
        int64_t qubits = request->num_qubits;                                                    \
        struct kernel_control control = {.num_threads = (int32_t)request->num_threads};          \
        real *state = kernel_allocate(kernel_state_bytes(qubits, sizeof(real)));                 \
        int64_t room = plan->measures.stage_bytes + plan->measures.thread_bytes;                 \
        void *workspace = kernel_allocate(room + 1);                                             \
        check("running", kernel_run_##suffix(qubits, plan->words, plan->num_words,               \
                                             plan->numbers, plan->num_numbers, state, workspace, \
                                             room, &control));                                   \
        const int64_t *positions = plan->words + 4;                                              \
        check("settling",                                                                        \
              kernel_settle_##suffix(qubits, state, positions, positions[qubits], &control));    \
        double *amplitudes = malloc(sizeof(double) * 2 << qubits);                               \
        check("reading", kernel_read_##suffix(qubits, state, plan->numbers[0], amplitudes,       \
                                              &control));                                        \
        fwrite(amplitudes, sizeof(double) * 2, (size_t)1 << qubits, stdout);                     \
        double *sums = malloc(sizeof(double) << (qubits - BLOCK_QUBITS)), total = 0;             \
        check("summing",                                                                         \
              kernel_block_sums_##suffix(qubits, state, BLOCK_QUBITS, sums, &control));          \
        for (int64_t i = 0; i < (int64_t)1 << (qubits - BLOCK_QUBITS); i++)                      \
            total += sums[i];                                                                    \
        double *scaled = malloc(sizeof(double) * (size_t)request->num_points + 1);               \
        for (int64_t i = 0; i < request->num_points; i++)                                        \
            scaled[i] = points[i] * total;                                                       \
        int64_t *indices = malloc(sizeof(int64_t) * (size_t)request->num_points + 1);            \
        check("picking", kernel_pick_##suffix(qubits, state, BLOCK_QUBITS, sums,                 \
                                              request->num_points, scaled, indices, &control));  \
        fwrite(indices, sizeof *indices, (size_t)request->num_points, stdout);                   \
    }

ANSWER(double, double)
ANSWER(float, single)

int main(void) {
    const struct request *request = take(1, sizeof *request);
    struct kernel_circuit circuit = {
        .num_qubits = request->num_qubits,
        .num_operations = request->num_operations,
        .names = take(request->num_operations, 1),
        .num_operands = take(request->num_operations, 1),
        .num_controls = take(request->num_operations, 1),
        .operands = take(request->num_all_operands, 1),
        .angles = take(request->num_angles, sizeof(double)),
        .num_all_operands = request->num_all_operands,
        .num_angles = request->num_angles,
    };
    struct kernel_planning planning = {
        .real_bytes = request->real_bytes,
        .begins_in_zero = 1,
        .chunk_qubits = request->chunk_qubits,
        .contiguous_qubits = request->contiguous_qubits,
    };
    struct kernel_plan plan = {
        .words = take(request->num_words, sizeof(int64_t)),
        .num_words = request->num_words,
        .numbers = take(request->num_numbers, sizeof(double)),
        .num_numbers = request->num_numbers,
    };
    const double *points = take(request->num_points, sizeof *points);
    if (plan.num_words == 0)
        check("planning", kernel_make_plan(&circuit, &planning, &plan));
    else
        check("measuring", kernel_measure_plan(request->num_qubits, plan.words, plan.num_words,
                                               plan.numbers, plan.num_numbers,
                                               request->real_bytes, &plan.measures));
    (request->real_bytes == 8 ? answer_double : answer_single)(request, &plan, points);
    return 0;
}
