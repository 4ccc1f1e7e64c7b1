/* Threads for one piece of work, begun and ended with it: none is left behind, so a process may
   fork between two calls. */
#ifndef THREADS_H
#define THREADS_H

/* What a thread takes beside the work's own memory: a system's usual eight megabytes would count
   where address space is limited. */
enum { THREAD_STACK_BYTES = 256 << 10 };

/* Calls work(context, i) for each i below `num_threads`, at the same time where threads are to be
   had; what no thread could be begun for is done by the caller. */
void in_threads(int num_threads, void (*work)(void *context, int thread), void *context);

#endif
