#include "threads.h"

#include <pthread.h>
#include <sys/mman.h>

#include "control.h"

/* A quarter of a millisecond: some times as much as it takes to begin a thread. */
static const double LEAST_MULTIPLY_ADDS_A_THREAD = 1e6;

/* The pieces from `next` on and before `end` are its own, also when it has left. */
struct thread {
    struct team *team;
    char *room;
    int number;
    /* Whether `handle` is to be joined: the first thread's to know. */
    int is_begun;
    int is_at_work;
    size_t next, end;
    pthread_t handle;
};

/* The lock guards how many threads are known, what each has left, and whether it is at work. */
struct team {
    const struct shared_work *work;
    struct thread_rooms *rooms;
    struct kernel_control *control;
    int is_refused_more;
    pthread_mutex_t lock;
    int num_known;
    struct thread threads[LARGEST_NUM_THREADS];
};

static int is_for_one(const struct shared_work *work, const struct kernel_control *control);
static void do_alone(const struct shared_work *work, char *room,
                     const struct kernel_control *control);
static void begin_threads(struct team *team);
static void *do_pieces(void *argument);

void share_out(const struct shared_work *work, struct thread_rooms *rooms,
               struct kernel_control *control) {
    struct team team;
    if (is_for_one(work, control)) {
        do_alone(work, rooms->of[0], control);
        return;
    }
    team.work = work;
    team.rooms = rooms;
    team.control = control;
    team.is_refused_more = 0;
    team.num_known = 1;
    team.threads[0] = (struct thread){.team = &team, .room = rooms->of[0], .is_at_work = 1,
                                      .end = work->num_pieces};
    pthread_mutex_init(&team.lock, NULL);
    begin_threads(&team);
    do_pieces(team.threads);
    for (int i = 1; i < team.num_known; i++)
        if (team.threads[i].is_begun)
            pthread_join(team.threads[i].handle, NULL);
    pthread_mutex_destroy(&team.lock);
}

void release_rooms(struct thread_rooms *rooms) {
    for (int i = 1; i < LARGEST_NUM_THREADS; i++)
        if (rooms->of[i] != NULL)
            kernel_release(rooms->of[i] - THREAD_STACK_BYTES, THREAD_STACK_BYTES + rooms->bytes);
}

/* NULL when there is no memory. */
static char *allocate_room(const struct thread_rooms *rooms) {
    char *stack = kernel_allocate(THREAD_STACK_BYTES + rooms->bytes);
    if (stack == NULL)
        return NULL;
    /* Where this is refused, the stack is long enough all the same. */
    mprotect(stack, STACK_GUARD_BYTES, PROT_NONE);
    return stack + THREAD_STACK_BYTES;
}

/* Whether no further thread would ever be begun. */
static int is_for_one(const struct shared_work *work, const struct kernel_control *control) {
    return work->num_pieces <= 1 ||
           (num_own_threads(control) == 1 &&
            work->multiply_adds < 2 * LEAST_MULTIPLY_ADDS_A_THREAD);
}

static void do_alone(const struct shared_work *work, char *room,
                     const struct kernel_control *control) {
    if (work->begin != NULL)
        work->begin(work->context, room);
    for (size_t piece = 0; piece < work->num_pieces && !is_told_to_stop(control); piece++)
        work->do_piece(work->context, room, piece);
}

static size_t num_left(const struct thread *thread) {
    return thread->end - thread->next;
}

/* Gives a thread that has nothing left half of what another one has. */
static void take_over(struct team *team, struct thread *thread) {
    struct thread *other = thread;
    for (int i = 0; i < team->num_known; i++)
        if (num_left(team->threads + i) > num_left(other))
            other = team->threads + i;
    thread->next = other->next + num_left(other) / 2;
    thread->end = other->end;
    other->end = thread->next;
}

static int take_piece(struct thread *thread, size_t *piece) {
    pthread_mutex_lock(&thread->team->lock);
    if (num_left(thread) == 0)
        take_over(thread->team, thread);
    int is_there = num_left(thread) > 0;
    if (is_there)
        *piece = thread->next++;
    pthread_mutex_unlock(&thread->team->lock);
    return is_there;
}

static void *do_pieces(void *argument) {
    struct thread *thread = argument;
    struct team *team = thread->team;
    const struct shared_work *work = team->work;
    size_t piece;
    if (work->begin != NULL)
        work->begin(work->context, thread->room);
    while (thread->number < num_allowed_threads(team->control) &&
           !is_told_to_stop(team->control) && take_piece(thread, &piece)) {
        work->do_piece(work->context, thread->room, piece);
        if (thread->number == 0)
            begin_threads(team);
    }
    pthread_mutex_lock(&team->lock);
    thread->is_at_work = 0;
    pthread_mutex_unlock(&team->lock);
    return NULL;
}

/* How many threads the pieces that are left are good for. Those that the caller asked for begin in
   any case. */
static int num_useful_threads(const struct team *team, size_t left) {
    int asked = num_own_threads(team->control), allowed = num_allowed_threads(team->control);
    double each = team->work->multiply_adds / (double)team->work->num_pieces;
    double repaid = each * (double)left / LEAST_MULTIPLY_ADDS_A_THREAD;
    int useful = repaid < asked ? asked : repaid < allowed ? (int)repaid : allowed;
    return (size_t)useful < left ? useful : (int)left;
}

/* Counts the pieces that are left and the threads at work. */
static size_t look_over(struct team *team, int *num_at_work) {
    size_t left = 0;
    *num_at_work = 0;
    pthread_mutex_lock(&team->lock);
    for (int i = 0; i < team->num_known; i++) {
        left += num_left(team->threads + i);
        *num_at_work += team->threads[i].is_at_work;
    }
    pthread_mutex_unlock(&team->lock);
    return left;
}

static void set_at_work(struct thread *thread, int is_at_work) {
    pthread_mutex_lock(&thread->team->lock);
    thread->is_at_work = is_at_work;
    pthread_mutex_unlock(&thread->team->lock);
}

/* Makes a thread known, if it is not, and marks it as at work. Returns whether it was not. */
static int engage(struct team *team, int number) {
    struct thread *thread = team->threads + number;
    pthread_mutex_lock(&team->lock);
    if (number == team->num_known) {
        *thread = (struct thread){.team = team, .number = number};
        team->num_known++;
    }
    int was_at_work = thread->is_at_work;
    thread->is_at_work = 1;
    pthread_mutex_unlock(&team->lock);
    return !was_at_work;
}

/* Returns whether room and a thread were to be had. */
static int begin_thread(struct team *team, struct thread *thread) {
    char **room = team->rooms->of + thread->number;
    pthread_attr_t attributes;
    if (thread->is_begun)
        pthread_join(thread->handle, NULL);
    thread->is_begun = 0;
    if (*room == NULL)
        *room = allocate_room(team->rooms);
    if (*room == NULL || pthread_attr_init(&attributes) != 0)
        return 0;
    thread->room = *room;
    thread->is_begun =
        pthread_attr_setstack(&attributes, *room - THREAD_STACK_BYTES + STACK_GUARD_BYTES,
                              THREAD_STACK_BYTES - STACK_GUARD_BYTES) == 0 &&
        pthread_create(&thread->handle, &attributes, do_pieces, thread) == 0;
    pthread_attr_destroy(&attributes);
    return thread->is_begun;
}

/* Begins what threads are allowed and useful, and not at work. */
static void begin_threads(struct team *team) {
    int num_at_work;
    if (team->is_refused_more || num_allowed_threads(team->control) == 1)
        return;
    size_t left = look_over(team, &num_at_work);
    int useful = num_useful_threads(team, left);
    for (int number = 1; number < useful && num_at_work < useful; number++) {
        struct thread *thread = team->threads + number;
        if (!engage(team, number))
            continue;
        if (!begin_thread(team, thread)) {
            set_at_work(thread, 0);
            team->is_refused_more = 1;
            return;
        }
        num_at_work++;
        if (num_at_work > team->control->most_threads)
            team->control->most_threads = num_at_work;
    }
}
