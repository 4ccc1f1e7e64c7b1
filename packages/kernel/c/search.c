/* The search goes stage by stage, and keeps the best few ways so far: by what their stages cost, and
what is left is likely to cost. That is taken to be somewhat more for each unit of work than in the
fullest stage of now; how much more is a guess, so a wide search is made with several ones. */
#include "search.h"

#include <math.h>
#include <string.h>

#include "sets.h"

/* How wide a search is: the ways that are kept, how often a set is changed by one qubit, and how much
   more than the fullest stage of now later ones are taken to cost. */
struct breadth {
    int width, num_changes, num_guesses;
    double later_is_worse[3];
};

/* A search takes time in proportion to the gates, as the run does, so the number of qubits says how
   much of it the run repays: at 20 qubits the middle one takes some tenths of a percent of a run, at
   21 the wide one a percent or two, and half as much with each qubit more. */
static const struct breadth NARROW = {1, 0, 1, {1.2}}, MIDDLE = {1, 2, 1, {1.05}},
                            WIDE = {4, 2, 3, {1.2, 1.1, 1}};

static const struct breadth *breadth_of(int num_qubits) {
    return num_qubits < 18 ? &NARROW : num_qubits < 21 ? &MIDDLE : &WIDE;
}

/* Less work than this is a rounding error. */
static const double NO_WORK = 0.5;

struct move {
    double estimate;
    uint64_t active;
    struct cut cut;
    int32_t from;
};

/* The ways so far and their best continuations, in ascending order of what they are likely to cost. */
struct beam {
    const struct breadth *breadth;
    int num_ways, num_moves;
    struct progress *ways, *next_ways;
    struct move *moves;
    struct trial trials[MOST_SETS];
    struct account account;
    double cheapest;
};

enum { MOVES_A_WAY = 4 };

static void offer(struct beam *beam, struct move move) {
    int place = beam->num_moves;
    for (int i = 0; i < beam->num_moves; i++)
        if (beam->moves[i].from == move.from && beam->moves[i].estimate == move.estimate)
            return;
    if (place == MOVES_A_WAY * beam->breadth->width) {
        if (beam->moves[--place].estimate <= move.estimate)
            return;
    } else {
        beam->num_moves++;
    }
    for (; place > 0 && beam->moves[place - 1].estimate > move.estimate; place--)
        beam->moves[place] = beam->moves[place - 1];
    beam->moves[place] = move;
}

/* Offers what a trial found, and returns what the way is likely to cost with it. */
static double offer_trial(const struct search *search, struct beam *beam, int32_t from,
                          const struct trial *trial, double later_cost) {
    const struct progress *way = beam->ways + from;
    struct cut cut = find_cut(&search->sizes, way, trial, later_cost);
    if (cut.num_layers == 0)
        return INFINITY;
    double estimate = way->cost + cut.cost + later_cost * (way->left - cut.work);
    offer(beam, (struct move){estimate, trial->active, cut, from});
    return estimate;
}

/* The best one of some trials. */
struct best {
    double estimate;
    uint64_t active;
};

static void offer_trials(const struct search *search, struct beam *beam, int32_t from, int count,
                         double later_cost, struct best *best) {
    for (int i = 0; i < count; i++) {
        double estimate = offer_trial(search, beam, from, beam->trials + i, later_cost);
        if (estimate < best->estimate)
            *best = (struct best){estimate, beam->trials[i].active};
    }
}

static void try_sets(const struct search *search, struct beam *beam, int32_t from,
                     const uint64_t *sets, int count) {
    for (int i = 0; i < count; i++)
        try_stage(search->sketches, beam->ways + from, sets[i], beam->trials + i);
}

static double least_unit_cost(const struct search *search, const struct beam *beam, int count) {
    double least = INFINITY;
    for (int i = 0; i < count; i++) {
        double found = unit_cost(&search->sizes, beam->trials + i);
        least = found < least ? found : least;
    }
    return least;
}

/* Tries all sets, then such as differ from the best one by one qubit. */
static void continue_way(const struct search *search, struct beam *beam, int32_t from,
                         double later_is_worse) {
    uint64_t sets[MOST_SETS];
    const struct progress *way = beam->ways + from;
    struct best best = {INFINITY, 0};
    int count = list_sets(&search->sizes, search->sketches, way, sets);
    try_sets(search, beam, from, sets, count);
    double later_cost = later_is_worse * least_unit_cost(search, beam, count);
    offer_trials(search, beam, from, count, later_cost, &best);
    for (int i = 0; i < beam->breadth->num_changes; i++) {
        uint64_t before = best.active;
        account_for_stage(search->sketches, way, before, &beam->account);
        count = list_exchanges(&search->sizes, &beam->account, sets);
        try_sets(search, beam, from, sets, count);
        offer_trials(search, beam, from, count, later_cost, &best);
        if (best.active == before)
            break;
    }
}

static int is_there(const struct beam *beam, int count, const struct progress *way) {
    for (int i = 0; i < count; i++)
        if (beam->next_ways[i].base == way->base &&
            memcmp(beam->next_ways[i].done, way->done, sizeof way->done) == 0)
            return 1;
    return 0;
}

static int take_best_moves(struct search *search, struct beam *beam) {
    int count = 0;
    for (int i = 0; i < beam->num_moves && count < beam->breadth->width; i++) {
        const struct move *move = beam->moves + i;
        const struct progress *before = beam->ways + move->from;
        struct progress *after = beam->next_ways + count;
        if (before->cost + move->cut.cost >= beam->cheapest)
            continue;
        account_for_stage(search->sketches, before, move->active, &beam->account);
        take_stage(search->sketches, before, &beam->account, &move->cut, after);
        if (is_there(beam, count, after))
            continue;
        struct found_stage *found = array_grow(&search->found, sizeof *found, 1);
        if (found == NULL)
            return KERNEL_NO_MEMORY;
        *found = (struct found_stage){move->active, move->cut.num_layers, before->last_stage};
        after->last_stage = (int32_t)search->found.count - 1;
        if (after->left < NO_WORK) {
            beam->cheapest = after->cost;
            search->last = after->last_stage;
        } else {
            count++;
        }
    }
    struct progress *done = beam->ways;
    beam->ways = beam->next_ways;
    beam->next_ways = done;
    beam->num_ways = count;
    return KERNEL_DONE;
}

static int go_through(struct search *search, struct beam *beam, double later_is_worse) {
    begin_progress(search->sketches, search->touched, beam->ways);
    beam->num_ways = 1;
    while (beam->num_ways > 0) {
        if (is_told_to_stop(search->control))
            return KERNEL_STOPPED;
        beam->num_moves = 0;
        for (int32_t i = 0; i < beam->num_ways; i++)
            continue_way(search, beam, i, later_is_worse);
        int result = take_best_moves(search, beam);
        if (result != KERNEL_DONE)
            return result;
    }
    return KERNEL_DONE;
}

int search_stages(struct search *search) {
    const struct breadth *breadth = breadth_of(search->sizes.num_qubits);
    size_t width = (size_t)breadth->width;
    size_t ways_bytes = 2 * width * sizeof(struct progress);
    size_t moves_bytes = MOVES_A_WAY * width * sizeof(struct move);
    struct beam *beam = malloc(sizeof *beam);
    struct progress *ways = malloc(ways_bytes);
    struct move *moves = malloc(moves_bytes);
    search->last = -1;
    search->bytes = sizeof *beam + ways_bytes + moves_bytes;
    int result = beam && ways && moves ? KERNEL_DONE : KERNEL_NO_MEMORY;
    if (result == KERNEL_DONE) {
        beam->breadth = breadth;
        beam->ways = ways;
        beam->next_ways = ways + width;
        beam->moves = moves;
        beam->cheapest = INFINITY;
    }
    for (int i = 0; i < breadth->num_guesses && result == KERNEL_DONE; i++)
        result = go_through(search, beam, breadth->later_is_worse[i]);
    free(beam);
    free(ways);
    free(moves);
    return result;
}
