/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/selection.h"

#include "reference/random.h"

#include <stdbool.h>
#include <stdlib.h>

/* The rows of a sequence, or its keys. */
struct side {
    const struct sc_problem *problem;
    bool of_keys;
    int32_t length, others; /* of this side, and of the one that it sees */
    bool *marked;
    int32_t count; /* marked */
};

static void mark(struct side *side, int32_t x)
{
    if (x >= 0 && x < side->length && !side->marked[x]) {
        side->marked[x] = true;
        side->count++;
    }
}

/* The first edge, the last and one between, each with its neighbours. */
static void mark_edges(struct side *side, int32_t tile, struct sc_random *random)
{
    const int32_t last = side->length == 0 ? 0 : (side->length - 1) / tile;

    if (last < 1) {
        return;
    }
    const int32_t edges[] = {1, last, sc_random_int(random, 1, last)};
    for (size_t n = 0; n < sizeof edges / sizeof edges[0]; n++) {
        for (int32_t x = edges[n] * tile - 1; x <= edges[n] * tile + 1; x++) {
            mark(side, x);
        }
    }
}

/* The kind of what entry x sees of the band: nothing, or whether it is cut off at either end. */
static int32_t kind_of(const struct side *side, int32_t x)
{
    const struct sc_problem *p = side->problem;
    const int32_t n_q = side->of_keys ? side->others : side->length;
    const int32_t n_k = side->of_keys ? side->length : side->others;
    const int32_t begin = side->of_keys ? sc_mask_row_begin(x, n_q, n_k, p->left, p->right)
                                        : sc_mask_key_begin(x, n_q, n_k, p->left, p->right);
    const int32_t end = side->of_keys ? sc_mask_row_end(x, n_q, n_k, p->left, p->right)
                                      : sc_mask_key_end(x, n_q, n_k, p->left, p->right);

    if (begin >= end) {
        return 0;
    }
    return 1 + (begin > 0 ? 1 : 0) + (end < side->others ? 2 : 0);
}

static void mark_transitions(struct side *side)
{
    for (int32_t x = 1; x < side->length; x++) {
        if (kind_of(side, x) != kind_of(side, x - 1)) {
            mark(side, x - 1);
            mark(side, x);
        }
    }
}

/* Draws until there are `count`; a draw that is taken already is made again. */
static void mark_random(struct side *side, int32_t count, struct sc_random *random)
{
    if (count == 0 || count >= side->length) {
        for (int32_t x = 0; x < side->length; x++) {
            mark(side, x);
        }
    }
    while (side->count < count && side->count < side->length) {
        mark(side, sc_random_int(random, 0, side->length - 1));
    }
}

static enum sc_status select_side(struct side *side, int32_t count, uint64_t seed, int32_t **list,
                                  int32_t *selected, struct sc_error *error)
{
    const struct sc_plane *plane = &side->problem->plane;
    struct sc_random random = {seed};
    int32_t *found = malloc(((size_t)side->length + 1) * sizeof *found);

    side->marked = calloc((size_t)side->length + 1, sizeof *side->marked);
    if (found == NULL || side->marked == NULL) {
        free(found);
        free(side->marked);
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory to select from %d", side->length);
    }
    mark(side, 0);
    mark(side, side->length - 1);
    mark_edges(side, SC_SELECTION_TILE, &random);
    if (plane->visible != NULL) {
        mark_edges(side, side->of_keys ? plane->block_keys : plane->block_rows, &random);
    }
    mark_transitions(side);
    mark_random(side, count, &random);
    *selected = 0;
    for (int32_t x = 0; x < side->length; x++) {
        if (side->marked[x]) {
            found[(*selected)++] = x;
        }
    }
    *list = found;
    free(side->marked);
    return SC_OK;
}

enum sc_status sc_selection_rows(const struct sc_problem *p, int32_t b, int32_t count,
                                 uint64_t seed, int32_t **list, int32_t *selected,
                                 struct sc_error *error)
{
    struct side side = {.problem = p,
                        .of_keys = false,
                        .length = sc_problem_rows(p, b),
                        .others = sc_problem_keys(p, b)};

    return select_side(&side, count, seed, list, selected, error);
}

enum sc_status sc_selection_keys(const struct sc_problem *p, int32_t b, int32_t count,
                                 uint64_t seed, int32_t **list, int32_t *selected,
                                 struct sc_error *error)
{
    struct side side = {.problem = p,
                        .of_keys = true,
                        .length = sc_problem_keys(p, b),
                        .others = sc_problem_rows(p, b)};

    return select_side(&side, count, seed, list, selected, error);
}
