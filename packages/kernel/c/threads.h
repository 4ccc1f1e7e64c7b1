/* Threads for one piece of work, begun and ended with it: none is left behind, so a process may
   fork between two calls.

The work is many pieces. The first thread, which is the caller's, has them all at first, and a thread
that has none takes half of those that another one has left. So threads may come and go at any
moment, and a slow one holds up one piece. Neighbouring pieces mostly stay with one thread. */
#ifndef THREADS_H
#define THREADS_H

#include <stddef.h>

#include "kernel.h"

/* What a thread takes beside its room: a stack, behind memory that must not be touched. The system's
   own would be eight megabytes, and stay mapped for threads to come, which counts where address
   space is limited. */
#ifndef THREAD_STACK_BYTES
#define THREAD_STACK_BYTES (256 << 10)
#endif
enum { STACK_GUARD_BYTES = 64 << 10 };

struct shared_work {
    /* Called by a thread before its first piece; NULL for nothing. */
    void (*begin)(void *context, char *room);
    void (*do_piece)(void *context, char *room, size_t piece);
    void *context;
    size_t num_pieces;
    /* Of all pieces: what is soon done is not worth further threads. */
    double multiply_adds;
};

/* Each thread's own memory. That of the first one is the caller's; that of others, behind their
   stacks, is had when they are taken first, and done without where there is none. */
struct thread_rooms {
    char *of[LARGEST_NUM_THREADS];
    int64_t bytes;
};

/* Does all pieces, or some where the control says stop. The control says also how many threads may
   work; that is looked at after each piece. */
void share_out(const struct shared_work *work, struct thread_rooms *rooms,
               struct kernel_control *control);

/* Gives back what share_out had for threads but the first. */
void release_rooms(struct thread_rooms *rooms);

#endif
