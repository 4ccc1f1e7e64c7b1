#include "threads.h"

#include <pthread.h>

#include "kernel.h"

struct task {
    void (*work)(void *context, int thread);
    void *context;
    int thread;
};

static void *do_task(void *argument) {
    struct task *task = argument;
    task->work(task->context, task->thread);
    return NULL;
}

void in_threads(int num_threads, void (*work)(void *context, int thread), void *context) {
    pthread_t threads[LARGEST_NUM_THREADS];
    struct task tasks[LARGEST_NUM_THREADS];
    int begun = 1;
    pthread_attr_t attributes;
    if (num_threads > 1 && pthread_attr_init(&attributes) == 0) {
        pthread_attr_setstacksize(&attributes, THREAD_STACK_BYTES);
        for (; begun < num_threads; begun++) {
            tasks[begun] = (struct task){work, context, begun};
            if (pthread_create(threads + begun, &attributes, do_task, tasks + begun) != 0)
                break;
        }
        pthread_attr_destroy(&attributes);
    }
    work(context, 0);
    for (int i = begun; i < num_threads; i++)
        work(context, i);
    for (int i = 1; i < begun; i++)
        pthread_join(threads[i], NULL);
}
