#include "layout.h"

#include <string.h>
#include <sys/mman.h>

#include "control.h"

static const size_t HUGE_PAGE = (size_t)2 << 20;
static const int64_t GAP_BYTES = 8192 + 1024;

struct stage_needs stage_needs_begin(const struct stage_head *stage, int64_t real_bytes) {
    struct stage_needs needs = {.stage = stage, .real_bytes = (size_t)real_bytes};
    size_t steps = rounded_up((size_t)stage->num_steps * sizeof(struct ready_step));
    size_t runs = rounded_up(sizeof(size_t)
                             << (stage->chunk_qubits - stage->contiguous_qubits));
    needs.stage_bytes = (int64_t)(steps + runs);
    size_t scratch = 2 * chunk_part(stage->chunk_qubits, needs.real_bytes) * needs.real_bytes;
    size_t table_row = rounded_up(2 * ((size_t)1 << stage->chunk_qubits) * needs.real_bytes);
    size_t bytes = scratch > table_row ? scratch : table_row;
    needs.thread_bytes = (int64_t)rounded_up(bytes + OUTER_FACTORS * needs.real_bytes);
    return needs;
}

uint64_t involved_qubits(const struct stage_head *stage, const struct step *step) {
    uint64_t involved = 0, outer = 0;
    for (int i = 0; i < stage->num_outer; i++)
        outer |= (uint64_t)1 << stage->outer[i];
    for (int i = 0; i < step->num_outer_terms; i++)
        involved |= (uint64_t)step->outer_terms[3 * i];
    return involved & outer;
}

void stage_needs_add(struct stage_needs *needs, const struct step *step) {
    if (step->kind != STEP_TABLE)
        return;
    size_t table = rounded_up(2 * ((size_t)1 << needs->stage->chunk_qubits) * needs->real_bytes);
    int num_involved = __builtin_popcountll(involved_qubits(needs->stage, step));
    needs->stage_bytes += (int64_t)table;
    if (num_involved && num_involved + FEWEST_SAME_CHUNKS_BITS <= needs->stage->num_outer)
        needs->thread_bytes += (int64_t)(LINE_BYTES + table);
}

/* The gap keeps the two parts of an amplitude apart in the caches. */
int64_t kernel_imaginary_offset(int64_t num_qubits, int64_t real_bytes) {
    return ((int64_t)1 << num_qubits) + (num_qubits <= UNBROKEN_BITS ? 0 : GAP_BYTES / real_bytes);
}

int64_t kernel_state_bytes(int64_t num_qubits, int64_t real_bytes) {
    int64_t numbers = kernel_imaginary_offset(num_qubits, real_bytes) + ((int64_t)1 << num_qubits);
    return (int64_t)rounded_up((size_t)(numbers * real_bytes));
}

void *kernel_allocate(int64_t num_bytes) {
    void *memory = mmap(NULL, (size_t)num_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return NULL;
    /* Advice alone: without huge pages all works the same, only slower. */
    if ((size_t)num_bytes >= HUGE_PAGE)
        madvise(memory, (size_t)num_bytes, MADV_HUGEPAGE);
    return memory;
}

void kernel_release(void *memory, int64_t num_bytes) {
    munmap(memory, (size_t)num_bytes);
}

int kernel_copy(void *to, const void *from, int64_t num_bytes,
                const struct kernel_control *control) {
    size_t begin = 0, end = (size_t)num_bytes;
    while (begin < end) {
        if (is_told_to_stop(control))
            return KERNEL_STOPPED;
        size_t next = next_look(begin, end);
        memcpy((char *)to + begin, (const char *)from + begin, next - begin);
        begin = next;
    }
    return KERNEL_DONE;
}
