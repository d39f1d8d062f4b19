/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/arb_tile.h"
#include "reference/oracle/blocks.h"
#include "reference/oracle/environment.h"
#include "reference/oracle/tier.h"
#include "reference/parallel.h"

#include <stdlib.h>

#define PRECISION_MIN 53
#define PRECISION_MAX 4096

struct state {
    const struct sc_problem *problem;
    struct sc_oracle_values values;
    slong precision;
    int32_t threads;
};

/* A call: the list is cut into jobs of SC_ARB_LIST entries. */
struct call {
    const struct state *state;
    int32_t b, head; /* query head of rows, key head of keys */
    const int32_t *list;
    int32_t count;
    const struct sc_row_enclosures *rows; /* one of the three is given */
    const struct sc_key_enclosures *keys;
    arb_ptr totals; /* of dS over the rows of each job */
};

/* One thread: its tile and the sums of its job, of the results as `call` wants them. */
struct share {
    const struct call *call;
    int64_t at; /* entry of the list that the job begins with */
    struct sc_arb_tile tile;
    arb_ptr first, second; /* O and dQ, or dV and dK: SC_ARB_LIST times d_v, d */
};

static int32_t least(int32_t x, int32_t y)
{
    return x < y ? x : y;
}

static enum sc_status create(const struct sc_problem *problem,
                             const struct sc_oracle_values *values,
                             const struct sc_tier_options *options, void **state,
                             struct sc_error *error)
{
    if (options->precision < PRECISION_MIN || options->precision > PRECISION_MAX) {
        return sc_fail(error, SC_E_INPUT, "oracle: precision %d bits, expected %d to %d",
                       options->precision, PRECISION_MIN, PRECISION_MAX);
    }
    struct state *created = malloc(sizeof *created);
    if (created == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory");
    }
    *created = (struct state){problem, *values, options->precision, options->threads};
    *state = created;
    return SC_OK;
}

static void destroy(void *state)
{
    free(state);
}

/* sums[a][c] += sum over the other side of weight[a][n] x[n][c]; the list is the rows of the tile or,
 * `transposed`, its keys. */
static void add_products(const struct sc_arb_tile *tile, bool transposed, arb_srcptr weights,
                         arb_srcptr x, int32_t width, arb_ptr sums)
{
    const slong entries = transposed ? tile->keys : tile->rows;
    const slong terms = transposed ? tile->rows : tile->keys;

    for (slong a = 0; a < entries; a++) {
        arb_srcptr row = transposed ? weights + a : weights + a * tile->keys;
        for (slong c = 0; c < width; c++) {
            arb_ptr sum = sums + a * width + c;
            arb_dot(sum, sum, 0, row, transposed ? tile->keys : 1, x + c, width, terms,
                    tile->precision);
        }
    }
}

/* P of the tile that was just computed. */
static void write_weights(const struct share *share)
{
    const struct sc_arb_tile *tile = &share->tile;
    const int64_t width = sc_problem_keys(tile->problem, tile->b);

    for (int32_t r = 0; r < tile->rows; r++) {
        struct sc_enclosure *const row = share->call->rows->p + (share->at + r) * width;
        for (int32_t n = 0; n < tile->keys; n++) {
            row[tile->key_index[n]] =
                sc_enclosure_in_unit(sc_arb_enclosure(tile->p + (slong)r * tile->keys + n));
        }
    }
}

/* The rows of the job with a block of keys. */
static void add_rows(void *context, int32_t h, const int32_t *block, int32_t keys)
{
    struct share *const share = context;
    const struct sc_row_enclosures *wanted = share->call->rows;
    struct sc_arb_tile *const tile = &share->tile;
    const struct sc_problem *p = tile->problem;

    sc_arb_tile_keys(tile, share->call->b, sc_problem_group_head(p, h), block, keys);
    sc_arb_tile_compute(tile, wanted->d_q != NULL);
    if (wanted->p != NULL) {
        write_weights(share);
    }
    if (wanted->o != NULL) {
        add_products(tile, false, tile->p, tile->v, p->d_v, share->first);
    }
    if (wanted->d_q != NULL) {
        add_products(tile, false, tile->d_s, tile->k, p->d, share->second);
    }
}

/* The keys of the job with a block of rows. */
static void add_keys(void *context, int32_t h, const int32_t *block, int32_t rows)
{
    struct share *const share = context;
    const struct sc_key_enclosures *wanted = share->call->keys;
    struct sc_arb_tile *const tile = &share->tile;
    const struct sc_problem *p = tile->problem;

    sc_arb_tile_rows(tile, share->call->b, h, block, rows);
    sc_arb_tile_compute(tile, wanted->d_k != NULL);
    if (wanted->d_v != NULL) {
        add_products(tile, true, tile->p, tile->d_o, p->d_v, share->first);
    }
    if (wanted->d_k != NULL) {
        add_products(tile, true, tile->d_s, tile->q, p->d, share->second);
    }
}

/* The results of a job, scaled by tau if `scaled`, and the sums cleared. */
static void take_sums(const struct share *share, arb_ptr sums, int64_t size, bool scaled,
                      struct sc_enclosure *results)
{
    const struct sc_arb_tile *tile = &share->tile;

    for (int64_t x = 0; x < size; x++) {
        if (scaled) {
            arb_mul(sums + x, sums + x, tile->constants.tau, tile->precision);
        }
        if (results != NULL) {
            results[x] = sc_arb_enclosure(sums + x);
        }
        arb_zero(sums + x);
    }
}

static void run_rows(struct share *share)
{
    const struct call *call = share->call;
    const struct sc_problem *p = call->state->problem;
    const int32_t *const list = call->list + share->at;
    const int32_t count = least(call->count - (int32_t)share->at, SC_ARB_LIST);
    const int64_t width = sc_problem_keys(p, call->b);

    for (int64_t x = 0; call->rows->p != NULL && x < count * width; x++) {
        call->rows->p[share->at * width + x] = (struct sc_enclosure){0.0, 0.0};
    }
    sc_arb_tile_rows(&share->tile, call->b, call->head, list, count);
    sc_blocks_of_rows(p, call->b, call->head, list, count, SC_ARB_BLOCK, add_rows, share);
    take_sums(share, share->first, (int64_t)count * p->d_v, false,
              call->rows->o == NULL ? NULL : call->rows->o + share->at * p->d_v);
    take_sums(share, share->second, (int64_t)count * p->d, true,
              call->rows->d_q == NULL ? NULL : call->rows->d_q + share->at * p->d);
}

static void run_keys(struct share *share)
{
    const struct call *call = share->call;
    const struct sc_problem *p = call->state->problem;
    const int32_t *const list = call->list + share->at;
    const int32_t count = least(call->count - (int32_t)share->at, SC_ARB_LIST);

    sc_arb_tile_keys(&share->tile, call->b, call->head, list, count);
    sc_blocks_of_keys(p, call->b, call->head, list, count, SC_ARB_BLOCK, add_keys, share);
    take_sums(share, share->first, (int64_t)count * p->d_v, false,
              call->keys->d_v == NULL ? NULL : call->keys->d_v + share->at * p->d_v);
    take_sums(share, share->second, (int64_t)count * p->d, true,
              call->keys->d_k == NULL ? NULL : call->keys->d_k + share->at * p->d);
}

/* The rows of the job with a block of keys: adds up dS. */
static void add_bias(void *context, int32_t h, const int32_t *block, int32_t keys)
{
    struct share *const share = context;
    struct sc_arb_tile *const tile = &share->tile;
    arb_ptr total = share->call->totals + share->at / SC_ARB_LIST;

    sc_arb_tile_keys(tile, share->call->b, sc_problem_group_head(tile->problem, h), block, keys);
    sc_arb_tile_compute(tile, true);
    for (slong x = 0; x < (slong)tile->rows * tile->keys; x++) {
        arb_add(total, total, tile->d_s + x, tile->precision);
    }
}

static void run_bias(struct share *share)
{
    const struct call *call = share->call;
    const int32_t *const list = call->list + share->at;
    const int32_t count = least(call->count - (int32_t)share->at, SC_ARB_LIST);

    sc_arb_tile_rows(&share->tile, call->b, call->head, list, count);
    sc_blocks_of_rows(call->state->problem, call->b, call->head, list, count, SC_ARB_BLOCK,
                      add_bias, share);
}

static enum sc_status work(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    const struct call *call = context;
    const struct state *state = call->state;
    const struct sc_problem *p = state->problem;
    struct share share = {.call = call};
    const bool of_rows = call->keys == NULL;
    const int32_t entries = least(call->count, SC_ARB_LIST);
    enum sc_status status = sc_environment_check(error);

    if (status == SC_OK) {
        status = sc_arb_tile_create(
            &share.tile, p, &state->values, state->precision,
            of_rows ? entries : least(sc_problem_rows(p, call->b), SC_ARB_BLOCK),
            of_rows ? least(sc_problem_keys(p, call->b), SC_ARB_BLOCK) : entries, error);
    }
    if (status != SC_OK) {
        return status;
    }
    share.first = _arb_vec_init((slong)entries * p->d_v);
    share.second = _arb_vec_init((slong)entries * p->d);
    for (int64_t job = sc_parallel_next(queue); job >= 0; job = sc_parallel_next(queue)) {
        share.at = job * SC_ARB_LIST;
        if (call->totals != NULL) {
            run_bias(&share);
        } else if (of_rows) {
            run_rows(&share);
        } else {
            run_keys(&share);
        }
    }
    _arb_vec_clear(share.second, (slong)entries * p->d);
    _arb_vec_clear(share.first, (slong)entries * p->d_v);
    sc_arb_tile_destroy(&share.tile);
    if (state->threads > 1) {
        flint_cleanup(); /* of this thread, which may be about to end */
    }
    return SC_OK;
}

static enum sc_status run(struct call *call, struct sc_error *error)
{
    return sc_parallel_run(call->state->threads,
                           ((int64_t)call->count + SC_ARB_LIST - 1) / SC_ARB_LIST, work, call,
                           error);
}

static enum sc_status rows(void *state, int32_t b, int32_t h, const int32_t *list, int32_t count,
                           const struct sc_row_enclosures *wanted, struct sc_error *error)
{
    struct call call = {
        .state = state, .b = b, .head = h, .list = list, .count = count, .rows = wanted};

    return run(&call, error);
}

static enum sc_status keys(void *state, int32_t b, int32_t g, const int32_t *list, int32_t count,
                           const struct sc_key_enclosures *wanted, struct sc_error *error)
{
    struct call call = {
        .state = state, .b = b, .head = g, .list = list, .count = count, .keys = wanted};

    return run(&call, error);
}

static enum sc_status bias(void *state, int32_t b, int32_t h, struct sc_enclosure *d_b,
                           struct sc_error *error)
{
    struct call call = {.state = state, .b = b, .head = h};
    const slong count = sc_problem_rows(call.state->problem, b);
    const slong jobs = count / SC_ARB_LIST + 1;
    int32_t *const list = malloc((size_t)count * sizeof *list + 1);

    if (list == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory for %ld rows", (long)count);
    }
    for (int32_t i = 0; i < count; i++) {
        list[i] = i;
    }
    call.list = list;
    call.count = (int32_t)count;
    call.totals = _arb_vec_init(jobs);
    const enum sc_status status = run(&call, error);
    for (slong n = 1; n < jobs; n++) {
        arb_add(call.totals, call.totals, call.totals + n, call.state->precision);
    }
    if (status == SC_OK) {
        *d_b = sc_arb_enclosure(call.totals);
    }
    _arb_vec_clear(call.totals, jobs);
    free(list);
    return status;
}

const struct sc_oracle_tier sc_tier_arb = {"arb", create, destroy, rows, keys, bias};
