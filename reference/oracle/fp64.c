/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/blocks.h"
#include "reference/oracle/environment.h"
#include "reference/oracle/fp64_row.h"
#include "reference/oracle/fp64_sum.h"
#include "reference/oracle/fp64_tile.h"
#include "reference/oracle/tier.h"
#include "reference/parallel.h"

#include <cblas.h>
#include <stdlib.h>

/* Relative error of a product sum over a tile, with room for the sum of tiles (fp64_sum.h); db adds the
 * rows of a tile too. */
#define SUM_UNIT  ((SC_FP64_TILE + 8) * SC_FP64_ROUNDOFF)
#define BIAS_UNIT ((2 * SC_FP64_TILE + 8) * SC_FP64_ROUNDOFF)

struct state {
    const struct sc_problem *problem;
    struct sc_oracle_values values;
    int32_t threads;
};

/* A call: the lists are cut into jobs of SC_FP64_TILE entries. */
struct call {
    const struct state *state;
    int32_t b, head; /* query head of rows, key head of keys */
    const int32_t *list;
    int32_t count;
    const struct sc_row_enclosures *rows;
    const struct sc_key_enclosures *keys;
    struct part *bias; /* of each job */
};

/* A share of db: high + low, off by at most radius. */
struct part {
    double high, low, radius;
    int64_t additions, seen;
};

/* The scratch of one thread. */
struct scratch {
    const struct call *call;
    int64_t at; /* entry of the list that the job begins with */
    struct sc_fp64_tile tile;
    struct sc_fp64_sum first, second; /* O and dQ, or dV and dK */
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
    struct state *created = malloc(sizeof *created);

    if (created == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory");
    }
    *created = (struct state){problem, *values, options->threads};
    /* The tier has threads of its own: their floating-point environment can be checked. */
    openblas_set_num_threads(1);
    *state = created;
    return SC_OK;
}

static void destroy(void *state)
{
    free(state);
}

static void scratch_destroy(struct scratch *scratch)
{
    sc_fp64_sum_destroy(&scratch->second);
    sc_fp64_sum_destroy(&scratch->first);
    sc_fp64_tile_destroy(&scratch->tile);
}

/* `first` and `second` are the numbers of sums. */
static enum sc_status scratch_create(struct scratch *scratch, const struct call *call, int32_t rows,
                                     int32_t keys, int64_t first, int64_t second,
                                     struct sc_error *error)
{
    const struct state *state = call->state;

    *scratch = (struct scratch){.call = call};
    enum sc_status status = sc_environment_check(error);
    if (status == SC_OK) {
        status = sc_fp64_tile_create(&scratch->tile, state->problem, &state->values,
                                     least(rows, SC_FP64_TILE), least(keys, SC_FP64_TILE), error);
    }
    if (status == SC_OK) {
        status = sc_fp64_sum_create(&scratch->first, first, error);
    }
    if (status == SC_OK) {
        status = sc_fp64_sum_create(&scratch->second, second, error);
    }
    if (status != SC_OK) {
        scratch_destroy(scratch);
    }
    return status;
}

/* P of the tile that was just computed. */
static void write_weights(const struct call *call, const struct sc_fp64_tile *tile, int64_t at)
{
    const int32_t first = tile->key_index[0];
    const int64_t width = sc_problem_keys(tile->problem, tile->b);

    for (int32_t r = 0; r < tile->rows; r++) {
        struct sc_enclosure *const row = call->rows->p + (at + r) * width + first;
        for (int32_t n = 0; n < tile->keys; n++) {
            const int64_t x = (int64_t)r * tile->keys + n;
            if (tile->p_radius[x] > 0.0) {
                row[n] = sc_enclosure_in_unit(sc_fp64_enclosure(tile->p[x], tile->p_radius[x]));
            }
        }
    }
}

/* The rows of the job with a block of keys: adds its share of O and dQ. */
static void add_rows(void *context, int32_t h, const int32_t *block, int32_t keys)
{
    struct scratch *const scratch = context;
    const struct call *call = scratch->call;
    struct sc_fp64_tile *const tile = &scratch->tile;
    struct sc_fp64_sum *const o = &scratch->first, *const d_q = &scratch->second;
    const int32_t d = tile->problem->d, d_v = tile->problem->d_v;

    sc_fp64_tile_keys(tile, call->b, sc_problem_group_head(tile->problem, h), block, keys);
    sc_fp64_tile_compute(tile, call->rows->d_q != NULL, SUM_UNIT);
    if (call->rows->p != NULL) {
        write_weights(call, tile, scratch->at);
    }
    if (call->rows->o != NULL) {
        sc_fp64_tile_forward(tile, SUM_UNIT);
        sc_fp64_tile_product(false, tile->rows, d_v, tile->keys, tile->p, tile->v, o->term);
        sc_fp64_tile_product(false, tile->rows, d_v, tile->keys, tile->p_radius, tile->v_size,
                             o->term_radius);
        sc_fp64_sum_add(o, (int64_t)tile->rows * d_v);
    }
    if (call->rows->d_q != NULL) {
        sc_fp64_tile_product(false, tile->rows, d, tile->keys, tile->d_s, tile->k, d_q->term);
        sc_fp64_tile_product(false, tile->rows, d, tile->keys, tile->d_s_radius, tile->k_size,
                             d_q->term_radius);
        sc_fp64_sum_add(d_q, (int64_t)tile->rows * d);
    }
}

/* The results of one side of the tile: `count` entries of `width` elements, `seen` pairs each. */
static void write_sums(const struct sc_fp64_sum *sum, int32_t count, int32_t width, double scale,
                       const int64_t *seen, struct sc_enclosure *results)
{
    for (int64_t r = 0; r < count; r++) {
        for (int64_t x = r * width; x < (r + 1) * width; x++) {
            results[x] = seen[r] > 0 ? sc_fp64_sum_enclosure(sum, x, scale, seen[r])
                                     : (struct sc_enclosure){0.0, 0.0};
        }
    }
}

static void clear(struct sc_enclosure *results, int64_t count)
{
    for (int64_t n = 0; n < count; n++) {
        results[n] = (struct sc_enclosure){0.0, 0.0};
    }
}

/* One job of rows: SC_FP64_TILE of them from entry `at` of the list on. */
static void run_rows(const struct call *call, struct scratch *scratch, int64_t at)
{
    const struct sc_problem *p = call->state->problem;
    const struct sc_row_enclosures *wanted = call->rows;
    struct sc_fp64_tile *const tile = &scratch->tile;
    const int32_t *const list = call->list + at;
    const int32_t count = least(call->count - (int32_t)at, SC_FP64_TILE);

    scratch->at = at;
    sc_fp64_tile_rows(tile, call->b, call->head, list, count);
    sc_fp64_sum_clear(&scratch->first);
    sc_fp64_sum_clear(&scratch->second);
    if (wanted->p != NULL) {
        const int64_t width = sc_problem_keys(p, call->b);
        clear(wanted->p + at * width, count * width);
    }
    sc_blocks_of_rows(p, call->b, call->head, list, count, SC_FP64_TILE, add_rows, scratch);
    if (wanted->o != NULL) {
        write_sums(&scratch->first, count, p->d_v, 1.0, tile->row_seen, wanted->o + at * p->d_v);
    }
    if (wanted->d_q != NULL) {
        write_sums(&scratch->second, count, p->d, (double)p->tau, tile->row_seen,
                   wanted->d_q + at * p->d);
    }
}

static enum sc_status work_rows(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    const struct call *call = context;
    const struct sc_problem *p = call->state->problem;
    struct scratch scratch;
    const int64_t rows = least(call->count, SC_FP64_TILE);
    const enum sc_status status =
        scratch_create(&scratch, call, (int32_t)rows, sc_problem_keys(p, call->b),
                       call->rows->o == NULL ? 0 : rows * p->d_v,
                       call->rows->d_q == NULL ? 0 : rows * p->d, error);

    if (status != SC_OK) {
        return status;
    }
    for (int64_t job = sc_parallel_next(queue); job >= 0; job = sc_parallel_next(queue)) {
        run_rows(call, &scratch, job * SC_FP64_TILE);
    }
    scratch_destroy(&scratch);
    return SC_OK;
}

/* The keys of the job with a block of rows: adds its share of dV and dK. */
static void add_keys(void *context, int32_t h, const int32_t *block, int32_t rows)
{
    struct scratch *const scratch = context;
    const struct call *call = scratch->call;
    struct sc_fp64_tile *const tile = &scratch->tile;
    struct sc_fp64_sum *const d_v = &scratch->first, *const d_k = &scratch->second;
    const int32_t width = tile->problem->d, width_v = tile->problem->d_v;

    sc_fp64_tile_rows(tile, call->b, h, block, rows);
    sc_fp64_tile_compute(tile, call->keys->d_k != NULL, SUM_UNIT);
    if (call->keys->d_v != NULL) {
        sc_fp64_tile_forward(tile, SUM_UNIT);
        sc_fp64_tile_product(true, tile->keys, width_v, tile->rows, tile->p, tile->d_o, d_v->term);
        sc_fp64_tile_product(true, tile->keys, width_v, tile->rows, tile->p_radius, tile->d_o_size,
                             d_v->term_radius);
        sc_fp64_sum_add(d_v, (int64_t)tile->keys * width_v);
    }
    if (call->keys->d_k != NULL) {
        sc_fp64_tile_product(true, tile->keys, width, tile->rows, tile->d_s, tile->q, d_k->term);
        sc_fp64_tile_product(true, tile->keys, width, tile->rows, tile->d_s_radius, tile->q_size,
                             d_k->term_radius);
        sc_fp64_sum_add(d_k, (int64_t)tile->keys * width);
    }
}

/* One job of keys: SC_FP64_TILE of them from entry `at` of the list on. */
static void run_keys(const struct call *call, struct scratch *scratch, int64_t at)
{
    const struct sc_problem *p = call->state->problem;
    const struct sc_key_enclosures *wanted = call->keys;
    struct sc_fp64_tile *const tile = &scratch->tile;
    const int32_t *const list = call->list + at;
    const int32_t count = least(call->count - (int32_t)at, SC_FP64_TILE);

    scratch->at = at;
    sc_fp64_tile_keys(tile, call->b, call->head, list, count);
    sc_fp64_sum_clear(&scratch->first);
    sc_fp64_sum_clear(&scratch->second);
    sc_blocks_of_keys(p, call->b, call->head, list, count, SC_FP64_TILE, add_keys, scratch);
    if (wanted->d_v != NULL) {
        write_sums(&scratch->first, count, p->d_v, 1.0, tile->key_seen, wanted->d_v + at * p->d_v);
    }
    if (wanted->d_k != NULL) {
        write_sums(&scratch->second, count, p->d, (double)p->tau, tile->key_seen,
                   wanted->d_k + at * p->d);
    }
}

static enum sc_status work_keys(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    const struct call *call = context;
    const struct sc_problem *p = call->state->problem;
    struct scratch scratch;
    const int64_t keys = least(call->count, SC_FP64_TILE);
    const enum sc_status status =
        scratch_create(&scratch, call, sc_problem_rows(p, call->b), (int32_t)keys,
                       call->keys->d_v == NULL ? 0 : keys * p->d_v,
                       call->keys->d_k == NULL ? 0 : keys * p->d, error);

    if (status != SC_OK) {
        return status;
    }
    for (int64_t job = sc_parallel_next(queue); job >= 0; job = sc_parallel_next(queue)) {
        run_keys(call, &scratch, job * SC_FP64_TILE);
    }
    scratch_destroy(&scratch);
    return SC_OK;
}

/* The rows of the job with a block of keys: adds the sum of dS over the tile. */
static void add_bias(void *context, int32_t h, const int32_t *block, int32_t keys)
{
    struct scratch *const scratch = context;
    struct sc_fp64_tile *const tile = &scratch->tile;
    struct sc_fp64_sum *const sum = &scratch->first;
    double total = 0.0, radius = 0.0;

    sc_fp64_tile_keys(tile, scratch->call->b, sc_problem_group_head(tile->problem, h), block, keys);
    sc_fp64_tile_compute(tile, true, BIAS_UNIT);
    for (int32_t r = 0; r < tile->rows; r++) {
        double row = 0.0;
        for (int64_t x = (int64_t)r * tile->keys; x < (int64_t)(r + 1) * tile->keys; x++) {
            row += tile->d_s[x];
            radius += tile->d_s_radius[x];
        }
        total += row;
    }
    sum->term[0] = total;
    sum->term_radius[0] = radius;
    sc_fp64_sum_add(sum, 1);
}

static struct part collect(const struct scratch *scratch)
{
    const struct sc_fp64_sum *sum = &scratch->first;
    struct part part = {sum->high[0], sum->low[0], sum->radius[0], sum->additions, 0};

    for (int32_t r = 0; r < scratch->tile.rows; r++) {
        part.seen += scratch->tile.row_seen[r];
    }
    return part;
}

/* One job of rows of db: its sum goes to the job's place in call->bias. */
static enum sc_status work_bias(struct sc_parallel *queue, void *context, struct sc_error *error)
{
    const struct call *call = context;
    const struct sc_problem *p = call->state->problem;
    struct scratch scratch;
    const enum sc_status status = scratch_create(&scratch, call, sc_problem_rows(p, call->b),
                                                 sc_problem_keys(p, call->b), 1, 0, error);

    if (status != SC_OK) {
        return status;
    }
    for (int64_t job = sc_parallel_next(queue); job >= 0; job = sc_parallel_next(queue)) {
        const int32_t first = (int32_t)job * SC_FP64_TILE;
        const int32_t count = least(call->count - first, SC_FP64_TILE);
        int32_t rows[SC_FP64_TILE];
        for (int32_t r = 0; r < count; r++) {
            rows[r] = first + r;
        }
        sc_fp64_tile_rows(&scratch.tile, call->b, call->head, rows, count);
        sc_fp64_sum_clear(&scratch.first);
        sc_blocks_of_rows(p, call->b, call->head, rows, count, SC_FP64_TILE, add_bias, &scratch);
        call->bias[job] = collect(&scratch);
    }
    scratch_destroy(&scratch);
    return SC_OK;
}

static int64_t jobs_of(int32_t count)
{
    return ((int64_t)count + SC_FP64_TILE - 1) / SC_FP64_TILE;
}

static enum sc_status rows(void *state, int32_t b, int32_t h, const int32_t *list, int32_t count,
                           const struct sc_row_enclosures *wanted, struct sc_error *error)
{
    struct call call = {
        .state = state, .b = b, .head = h, .list = list, .count = count, .rows = wanted};

    return sc_parallel_run(call.state->threads, jobs_of(count), work_rows, &call, error);
}

static enum sc_status keys(void *state, int32_t b, int32_t g, const int32_t *list, int32_t count,
                           const struct sc_key_enclosures *wanted, struct sc_error *error)
{
    struct call call = {
        .state = state, .b = b, .head = g, .list = list, .count = count, .keys = wanted};

    return sc_parallel_run(call.state->threads, jobs_of(count), work_keys, &call, error);
}

/* The sum of all parts, in their order. */
static struct sc_enclosure add_parts(const struct part *parts, int64_t count,
                                     struct sc_fp64_sum *sum)
{
    int64_t additions = 0, seen = 0;

    for (int64_t n = 0; n < count; n++) {
        sum->term[0] = parts[n].high;
        sum->term_radius[0] = parts[n].radius;
        sc_fp64_sum_add(sum, 1);
        sum->term[0] = parts[n].low;
        sum->term_radius[0] = 0.0;
        sc_fp64_sum_add(sum, 1);
        additions += parts[n].additions;
        seen += parts[n].seen;
    }
    sum->additions += additions;
    return seen > 0 ? sc_fp64_sum_enclosure(sum, 0, 1.0, seen) : (struct sc_enclosure){0.0, 0.0};
}

static enum sc_status bias(void *state, int32_t b, int32_t h, struct sc_enclosure *d_b,
                           struct sc_error *error)
{
    struct call call = {.state = state, .b = b, .head = h};
    struct sc_fp64_sum sum = {.high = NULL};

    call.count = sc_problem_rows(call.state->problem, b);
    const int64_t jobs = jobs_of(call.count);
    call.bias = calloc((size_t)jobs + 1, sizeof *call.bias);
    enum sc_status status = call.bias == NULL ? sc_fail(error, SC_E_MEMORY, "oracle: no memory")
                                              : sc_fp64_sum_create(&sum, 1, error);
    if (status == SC_OK) {
        status = sc_parallel_run(call.state->threads, jobs, work_bias, &call, error);
    }
    if (status == SC_OK) {
        *d_b = add_parts(call.bias, jobs, &sum);
    }
    sc_fp64_sum_destroy(&sum);
    free(call.bias);
    return status;
}

const struct sc_oracle_tier sc_tier_fp64 = {"fp64", create, destroy, rows, keys, bias};
