/* What a plan takes: memory, steps, multiply-adds, passes over the state. */
#include <math.h>

#include "layout.h"
#include "plan_words.h"

double step_work(const struct step *step) {
    double share = 1 / (double)((uint64_t)1 << __builtin_popcountll(step->mask));
    switch (step->kind) {
    case STEP_TABLE: return 4;
    case STEP_ROTATE: case STEP_CROSS: return 2.0 * step->count;
    case STEP_PHASE: return 4 * share;
    case STEP_DENSE: return 4 * share * (double)((uint64_t)1 << step->count);
    default: return 0;
    }
}

static void count_step(struct kernel_measures *measures, const struct step *step) {
    measures->num_steps++;
    measures->num_tables += step->kind == STEP_TABLE;
    measures->num_rotations += step->kind == STEP_ROTATE ? step->count : 0;
    measures->num_crosses += step->kind == STEP_CROSS ? step->count : 0;
    measures->num_dense += step->kind == STEP_DENSE;
}

int kernel_measure_plan(int64_t num_qubits, const int64_t *words, int64_t num_words,
                        const double *numbers, int64_t num_numbers, int64_t real_bytes,
                        struct kernel_measures *measures) {
    *measures = (struct kernel_measures){0};
    if (num_words < 0 || num_numbers < 0)
        return KERNEL_BROKEN_PLAN;
    struct reader reader = {words, words + num_words, numbers, numbers + num_numbers};
    struct plan_head plan;
    if (!read_plan_head(&reader, &plan) || plan.num_qubits != num_qubits)
        return KERNEL_BROKEN_PLAN;
    for (int64_t i = 0; i < plan.num_stages; i++) {
        struct stage_head stage;
        if (!read_stage_head(&reader, plan.num_qubits, &stage))
            return KERNEL_BROKEN_PLAN;
        double touched = ldexp(1, stage.chunk_qubits + stage.num_outer);
        struct stage_needs needs = stage_needs_begin(&stage, real_bytes);
        for (int64_t j = 0; j < stage.num_steps; j++) {
            struct step step;
            if (!read_step(&reader, plan.num_qubits, &stage, &step))
                return KERNEL_BROKEN_PLAN;
            count_step(measures, &step);
            measures->multiply_adds += touched * step_work(&step);
            stage_needs_add(&needs, &step);
        }
        measures->passes += touched / ldexp(1, plan.num_qubits);
        measures->num_stages++;
        if (needs.stage_bytes > measures->stage_bytes)
            measures->stage_bytes = needs.stage_bytes;
        if (needs.thread_bytes > measures->thread_bytes)
            measures->thread_bytes = needs.thread_bytes;
    }
    return reader.words == reader.words_end && reader.numbers == reader.numbers_end
               ? KERNEL_DONE
               : KERNEL_BROKEN_PLAN;
}
