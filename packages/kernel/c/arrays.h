/* Arrays that grow. What does not fit into memory is dropped, and `failed` says so at the end: the
   planner asks once, instead of at every append. How much memory they take is counted, for the caller
   is told. */
#ifndef ARRAYS_H
#define ARRAYS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct array {
    void *data;
    size_t count, capacity;
    /* What it takes, and took at most: while it grows, what it had and what it gets. */
    size_t bytes, most_bytes;
    int failed;
};

static inline size_t larger(size_t first, size_t second) {
    return first > second ? first : second;
}

/* A place for one more element of the size, or NULL. */
static inline void *array_grow(struct array *array, size_t element_bytes, size_t num_elements) {
    if (array->count + num_elements > array->capacity) {
        size_t capacity = 2 * array->capacity + num_elements + 64;
        void *moved = array->failed ? NULL : realloc(array->data, capacity * element_bytes);
        if (moved == NULL) {
            array->failed = 1;
            return NULL;
        }
        array->data = moved;
        array->capacity = capacity;
        array->most_bytes = larger(array->most_bytes, array->bytes + capacity * element_bytes);
        array->bytes = capacity * element_bytes;
    }
    char *place = (char *)array->data + array->count * element_bytes;
    array->count += num_elements;
    return place;
}

static inline void array_free(struct array *array) {
    free(array->data);
    *array = (struct array){0};
}

static inline void append_word(struct array *words, int64_t word) {
    int64_t *place = array_grow(words, sizeof *place, 1);
    if (place != NULL)
        *place = word;
}

static inline void append_number(struct array *numbers, double number) {
    double *place = array_grow(numbers, sizeof *place, 1);
    if (place != NULL)
        *place = number;
}

#endif
