/* Arrays that grow. What does not fit into memory is dropped, and `failed` says so at the end: the
   planner asks once, instead of at every append. */
#ifndef ARRAYS_H
#define ARRAYS_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct array {
    void *data;
    size_t count, capacity;
    int failed;
};

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
