/* Stands between the kernel and its allocator (ld's --wrap): counts what is held at a time, and lets
   one allocation fail. For one thread. */
#include <malloc.h>
#include <stddef.h>

#define EXPORT __attribute__((visibility("default")))

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void __real_free(void *memory);

static size_t held, most;
static long until_failure;

/* Begins to count anew; the allocation with the number, from 1 on, fails. */
EXPORT void counting_begin(long failing) {
    held = most = 0;
    until_failure = failing;
}

/* The most that was held at a time since then, in bytes. */
EXPORT size_t counting_most(void) {
    return most;
}

/* What is held now. */
EXPORT size_t counting_held(void) {
    return held;
}

static int fails(void) {
    return until_failure > 0 && --until_failure == 0;
}

static void *counted(void *memory) {
    held += malloc_usable_size(memory);
    most = held > most ? held : most;
    return memory;
}

void *__wrap_malloc(size_t bytes) {
    return fails() ? NULL : counted(__real_malloc(bytes));
}

void *__wrap_calloc(size_t count, size_t bytes) {
    return fails() ? NULL : counted(__real_calloc(count, bytes));
}

void *__wrap_realloc(void *memory, size_t bytes) {
    size_t before = malloc_usable_size(memory);
    if (fails())
        return NULL;
    void *moved = counted(__real_realloc(memory, bytes));
    held -= before;
    return moved;
}

void __wrap_free(void *memory) {
    held -= malloc_usable_size(memory);
    __real_free(memory);
}
