/* SPDX-License-Identifier: Apache-2.0 */
#include "spec/schedule.h"

#include "reference/oracle/environment.h"
#include "reference/oracle/product.h"
#include "reference/oracle/tier.h"
#include "spec/format_value.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#if FLT_EVAL_METHOD != 0
#error "fp32 operations must round to fp32, once each"
#endif

/* A row of P and dS and a column of them are predicted by the same steps, the sides exchanged:
 *           line         tile           sum by value      sum by score
 *   rows    q_i, dO_i    16 k_j, v_j    O  = sum P' v     dQ = tau sum dS' k
 *   keys    k_j, v_j     16 q_i, dO_i   dV = sum P' dO    dK = tau sum dS' q
 * The 16 members of a tile are one step of an H100 and two of an A100: no step crosses it. */
#define TILE  SC_PRODUCT_TERMS
#define LINES 32 /* that share the loading of a tile */

struct state {
    const struct sc_problem *problem;
    struct sc_oracle_values values;
    struct sc_schedule schedule;
};

/* Vectors of one side: `score` is q or k, `value` is dO or v. */
struct side {
    struct sc_product_blocks score, value;
};

/* The lines of one call, LINES at a time, on their way along the tiles. */
struct walk {
    const struct state *state;
    bool by_rows;            /* lines are rows, of query head h; else keys, of head g */
    bool by_value, by_score; /* which sums are wanted */
    int32_t b, h, g;
    const int32_t *lines;
    int32_t count, parts;
    struct side line, tile;        /* of each line and member, its channels 16 a block */
    struct side columns;           /* of the tile, one channel of its members a block */
    struct sc_product_blocks pair; /* block 0: P' of a line and a tile, block 1: dS' */
    float *rounded;                /* dO of the tile or of one line */
    float *part_value, *part_score, *sum_value, *sum_score;
    uint32_t seen[LINES]; /* bit t: the line and member t of the tile are a visible pair */
};

static int32_t blocks_of(int32_t width)
{
    return (width - 1) / TILE + 1;
}

static float to_format(enum sc_format format, float x)
{
    return (float)sc_format_decode(format, sc_format_encode(format, (double)x));
}

static struct sc_enclosure exactly(float x)
{
    return (struct sc_enclosure){(double)x, (double)x};
}

static void destroy(void *state)
{
    free(state);
}

static enum sc_status check(const struct sc_problem *problem, const struct sc_schedule *schedule,
                            struct sc_error *error)
{
    if (schedule == NULL || schedule->activation == NULL) {
        return sc_fail(error, SC_E_INPUT, "schedule: no %s, expected one of the kernel",
                       schedule == NULL ? "schedule" : "activation");
    }
    if (schedule->core > SC_CORE_FMA || schedule->score > SC_SCORE_PRELOADED ||
        schedule->format_p > SC_FORMAT_FP32) {
        return sc_fail(error, SC_E_INPUT,
                       "schedule: core %d, score %d, format of P %d, expected those of "
                       "spec/schedule.h",
                       (int)schedule->core, (int)schedule->score, (int)schedule->format_p);
    }
    if (schedule->split_keys < 0 || schedule->split_keys % TILE != 0) {
        return sc_fail(error, SC_E_INPUT, "schedule: parts of %d keys, expected a multiple of %d",
                       schedule->split_keys, TILE);
    }
    if (schedule->core != SC_CORE_FMA && problem->format_in == SC_FORMAT_FP32) {
        return sc_fail(error, SC_E_INPUT,
                       "schedule: fp32 inputs on a tensor core, expected bf16 or fp16");
    }
    if (schedule->core != SC_CORE_FMA && schedule->format_p != problem->format_in) {
        return sc_fail(error, SC_E_INPUT,
                       "schedule: P in another format than the inputs, expected one for both "
                       "sides of a tensor core");
    }
    return SC_OK;
}

static enum sc_status create(const struct sc_problem *problem,
                             const struct sc_oracle_values *values,
                             const struct sc_tier_options *options, void **state,
                             struct sc_error *error)
{
    const enum sc_status status = check(problem, options->schedule, error);
    if (status != SC_OK) {
        return status;
    }
    struct state *created = malloc(sizeof *created);
    if (created == NULL) {
        return sc_fail(error, SC_E_MEMORY, "schedule: no memory for a state");
    }
    *created = (struct state){problem, *values, *options->schedule};
    *state = created;
    return SC_OK;
}

static bool side_create(struct side *side, enum sc_core core, size_t score, size_t value)
{
    const bool first = sc_product_blocks_create(&side->score, core, score);
    const bool second = sc_product_blocks_create(&side->value, core, value);

    return first && second;
}

static void side_destroy(struct side *side)
{
    sc_product_blocks_destroy(&side->score);
    sc_product_blocks_destroy(&side->value);
}

static void walk_destroy(struct walk *walk)
{
    side_destroy(&walk->line);
    side_destroy(&walk->tile);
    side_destroy(&walk->columns);
    sc_product_blocks_destroy(&walk->pair);
    free(walk->rounded);
    free(walk->part_value);
    free(walk->part_score);
    free(walk->sum_value);
    free(walk->sum_score);
}

/* Memory of a walk along `count` lines. */
static enum sc_status walk_create(struct walk *walk, int32_t count, struct sc_error *error)
{
    const struct sc_problem *p = walk->state->problem;
    const enum sc_core core = walk->state->schedule.core;
    const size_t lines = (size_t)(count < LINES ? count : LINES) + 1; /* never calloc(0) */
    const size_t d = (size_t)p->d, d_v = (size_t)p->d_v;
    const size_t blocks = (size_t)blocks_of(p->d), blocks_v = (size_t)blocks_of(p->d_v);
    bool room = side_create(&walk->line, core, lines * blocks, lines * blocks_v);

    room = side_create(&walk->tile, core, TILE * blocks, TILE * blocks_v) && room;
    room = side_create(&walk->columns, core, d, d_v) && room;
    room = sc_product_blocks_create(&walk->pair, core, 2) && room;
    walk->rounded = calloc(TILE * d_v, sizeof(float));
    walk->part_value = calloc(lines * d_v, sizeof(float));
    walk->part_score = calloc(lines * d, sizeof(float));
    walk->sum_value = calloc(lines * d_v, sizeof(float));
    walk->sum_score = calloc(lines * d, sizeof(float));
    if (!room || walk->rounded == NULL || walk->part_value == NULL || walk->part_score == NULL ||
        walk->sum_value == NULL || walk->sum_score == NULL) {
        return sc_fail(error, SC_E_MEMORY, "schedule: no memory for %d lines of %d + %d channels",
                       (int)lines - 1, p->d, p->d_v);
    }
    return SC_OK;
}

/* The channels of q_i (row) or k_j. */
static const float *score_vector(const struct walk *walk, bool row, int32_t index)
{
    const struct state *state = walk->state;

    return row ? state->values.q + sc_problem_q_row(state->problem, walk->b, walk->h, index)
               : state->values.k + sc_problem_k_row(state->problem, walk->b, walk->g, index);
}

/* The channels of v_j, or of dO_i (row) in the input format, kept in `rounded`. */
static const float *value_vector(const struct walk *walk, bool row, int32_t index, float *rounded)
{
    const struct sc_problem *p = walk->state->problem;

    if (!row) {
        return walk->state->values.v + sc_problem_v_row(p, walk->b, walk->g, index);
    }
    const float *d_o = walk->state->values.d_o + sc_problem_o_row(p, walk->b, walk->h, index);
    for (int32_t c = 0; c < p->d_v; c++) {
        rounded[c] = to_format(p->format_in, d_o[c]);
    }
    return rounded;
}

/* Loads vector x of `width` channels as the n-th of `blocks`; NULL: zeros. */
static void load_vector(struct sc_product_blocks *blocks, int64_t n, enum sc_format format,
                        const float *x, int32_t width)
{
    const int32_t count = blocks_of(width);

    for (int32_t block = 0; block < count; block++) {
        const int32_t rest = width - block * TILE;
        const int32_t terms = rest < TILE ? rest : TILE;
        sc_product_load(blocks, n * count + block, format, x == NULL ? NULL : x + block * TILE,
                        x == NULL ? 0 : terms);
    }
}

/* Loads each channel of TILE vectors as a block; NULL: zeros. */
static void load_columns(struct sc_product_blocks *blocks, enum sc_format format,
                         const float *const *x, int32_t width)
{
    float column[TILE];

    for (int32_t c = 0; c < width; c++) {
        for (int32_t t = 0; t < TILE; t++) {
            column[t] = x[t] == NULL ? 0.0f : x[t][c];
        }
        sc_product_load(blocks, c, format, column, TILE);
    }
}

/* Loads the members of the tile that a line sees; `first` is the row or key of member 0. What none
 * sees is not read, since it may hold anything: it counts as zero. */
static void load_tile(struct walk *walk, int32_t first, uint32_t seen)
{
    const struct sc_problem *p = walk->state->problem;
    const bool row = !walk->by_rows;
    const bool gradients = walk->by_score; /* the only sum that needs dP */
    const float *score[TILE], *value[TILE];

    for (int32_t t = 0; t < TILE; t++) {
        const bool read = (seen >> t & 1) != 0;
        score[t] = read ? score_vector(walk, row, first + t) : NULL;
        value[t] = read && (walk->by_value || gradients)
                       ? value_vector(walk, row, first + t, walk->rounded + (int64_t)t * p->d_v)
                       : NULL;
        load_vector(&walk->tile.score, t, p->format_in, score[t], p->d);
        if (gradients) {
            load_vector(&walk->tile.value, t, p->format_in, value[t], p->d_v);
        }
    }
    if (walk->by_value) {
        load_columns(&walk->columns.value, p->format_in, value, p->d_v);
    }
    if (walk->by_score) {
        load_columns(&walk->columns.score, p->format_in, score, p->d);
    }
}

/* Loads the next lines and clears their sums. */
static void begin_lines(struct walk *walk, const int32_t *lines, int32_t count)
{
    const struct sc_problem *p = walk->state->problem;

    walk->lines = lines;
    walk->count = count < LINES ? count : LINES;
    walk->parts = 0;
    for (int32_t l = 0; l < walk->count; l++) {
        load_vector(&walk->line.score, l, p->format_in, score_vector(walk, walk->by_rows, lines[l]),
                    p->d);
        if (walk->by_score) {
            load_vector(&walk->line.value, l, p->format_in,
                        value_vector(walk, walk->by_rows, lines[l], walk->rounded), p->d_v);
        }
    }
    memset(walk->part_value, 0, (size_t)walk->count * (size_t)p->d_v * sizeof(float));
    memset(walk->part_score, 0, (size_t)walk->count * (size_t)p->d * sizeof(float));
    memset(walk->sum_value, 0, (size_t)walk->count * (size_t)p->d_v * sizeof(float));
    memset(walk->sum_score, 0, (size_t)walk->count * (size_t)p->d * sizeof(float));
}

/* Bits of the members of a tile that line l sees. */
static uint32_t look(const struct walk *walk, int32_t l, int32_t first, int32_t extent)
{
    const struct sc_problem *p = walk->state->problem;
    const int32_t line = walk->lines[l];
    uint32_t seen = 0;

    for (int32_t t = 0; t < TILE && first + t < extent; t++) {
        const int32_t i = walk->by_rows ? line : first + t;
        const int32_t j = walk->by_rows ? first + t : line;
        if (sc_problem_visible(p, walk->b, walk->h, i, j)) {
            seen |= (uint32_t)1 << t;
        }
    }
    return seen;
}

/* What the product sum of a score starts from. */
static float score_start(const struct walk *walk)
{
    const struct sc_problem *p = walk->state->problem;

    if (walk->state->schedule.score != SC_SCORE_PRELOADED) {
        return 0.0f;
    }
    return sc_problem_bias(p, walk->b, walk->h) / p->tau;
}

/* s from the product sum a; `distance` is ALiBi's. */
static float score(const struct walk *walk, float a, int32_t distance)
{
    const struct sc_problem *p = walk->state->problem;
    const float bias = sc_problem_bias(p, walk->b, walk->h);
    float s = p->tau * a;

    if (walk->state->schedule.score == SC_SCORE_FUSED) {
        s = fmaf(p->tau, a, bias);
    } else if (walk->state->schedule.score == SC_SCORE_SEPARATE) {
        s += bias;
    }
    return p->slopes == NULL ? s : fmaf(-p->slopes[walk->h], (float)distance, s);
}

/* dots[t] continued by the products of line l and member t of the tile over `width` channels. */
static void add_products(const struct sc_product_blocks *line, const struct sc_product_blocks *tile,
                         int32_t l, int32_t width, float *dots)
{
    const int32_t count = blocks_of(width);

    for (int32_t block = 0; block < count; block++) {
        const int32_t rest = width - block * TILE;
        const uint32_t terms = rest < TILE ? ((uint32_t)1 << rest) - 1 : ((uint32_t)1 << TILE) - 1;
        sc_product_add(line, (int64_t)l * count + block, tile, block, count, TILE, terms, dots);
    }
}

/* p of line l and each member of the tile that it sees, else +0. */
static void weigh(const struct walk *walk, int32_t l, int32_t first, float *p)
{
    const struct sc_problem *problem = walk->state->problem;
    const int32_t n_q = sc_problem_rows(problem, walk->b);
    const int32_t n_k = sc_problem_keys(problem, walk->b);
    const int32_t line = walk->lines[l];
    float a[TILE];

    for (int32_t t = 0; t < TILE; t++) {
        a[t] = score_start(walk);
    }
    add_products(&walk->line.score, &walk->tile.score, l, problem->d, a);
    for (int32_t t = 0; t < TILE; t++) {
        p[t] = 0.0f;
        if ((walk->seen[l] >> t & 1) != 0) {
            const int32_t i = walk->by_rows ? line : first + t;
            const int32_t j = walk->by_rows ? first + t : line;
            const float s = score(walk, a[t], sc_mask_distance(i, j, n_q, n_k));
            p[t] = walk->state->schedule.activation(s);
        }
    }
}

/* Adds the tile to the sums of line l. `results` receives P' of the members that it sees; NULL: not
 * wanted. */
static void add_tile(struct walk *walk, int32_t l, int32_t first, struct sc_enclosure *results)
{
    const struct sc_problem *problem = walk->state->problem;
    const enum sc_format format = walk->state->schedule.format_p;
    const uint32_t seen = walk->seen[l];
    float p[TILE], p_rounded[TILE], dp[TILE] = {0}, ds_rounded[TILE];

    weigh(walk, l, first, p);
    for (int32_t t = 0; t < TILE; t++) {
        p_rounded[t] = to_format(format, p[t]);
        if (results != NULL && (seen >> t & 1) != 0) {
            results[t] = exactly(p_rounded[t]);
        }
    }
    if (walk->by_value) {
        sc_product_load(&walk->pair, 0, format, p_rounded, TILE);
        sc_product_add(&walk->pair, 0, &walk->columns.value, 0, 1, problem->d_v, seen,
                       walk->part_value + (int64_t)l * problem->d_v);
    }
    if (!walk->by_score) {
        return;
    }
    add_products(&walk->line.value, &walk->tile.value, l, problem->d_v, dp);
    for (int32_t t = 0; t < TILE; t++) {
        const float ds = fmaf(-p[t], p[t], p[t]) * dp[t];
        ds_rounded[t] = (seen >> t & 1) != 0 ? to_format(format, ds) : 0.0f;
    }
    sc_product_load(&walk->pair, 1, format, ds_rounded, TILE);
    sc_product_add(&walk->pair, 1, &walk->columns.score, 0, 1, problem->d, seen,
                   walk->part_score + (int64_t)l * problem->d);
}

static void close_sums(float *sums, float *part, int64_t count, bool first)
{
    for (int64_t n = 0; n < count; n++) {
        sums[n] = first ? part[n] : sums[n] + part[n];
        part[n] = 0.0f;
    }
}

/* Ends a part of the keys (of the rows there is one part). */
static void close_part(struct walk *walk)
{
    const struct sc_problem *p = walk->state->problem;
    const bool first = walk->parts == 0;

    close_sums(walk->sum_value, walk->part_value, (int64_t)walk->count * p->d_v, first);
    close_sums(walk->sum_score, walk->part_score, (int64_t)walk->count * p->d, first);
    walk->parts++;
}

/* Takes the lines along all tiles of `extent` keys or rows. Ends each part of `split` of them but
 * the last one.
 *   p  P' of the lines, `extent` each, +0 where nothing is written; NULL: not wanted */
static void walk_tiles(struct walk *walk, int32_t extent, int32_t split, struct sc_enclosure *p)
{
    for (int32_t first = 0; first < extent; first += TILE) {
        uint32_t seen = 0;
        if (split > 0 && first > 0 && first % split == 0) {
            close_part(walk);
        }
        for (int32_t l = 0; l < walk->count; l++) {
            walk->seen[l] = look(walk, l, first, extent);
            seen |= walk->seen[l];
        }
        if (seen == 0) {
            continue;
        }
        load_tile(walk, first, seen);
        for (int32_t l = 0; l < walk->count; l++) {
            /* Where nothing is seen every product is zero: the step changes no accumulator. */
            if (walk->seen[l] != 0) {
                add_tile(walk, l, first, p == NULL ? NULL : p + (int64_t)l * extent + first);
            }
        }
    }
}

/* The sums of `count` lines of `width`, times `scale` in fp32, in their format; scale 1 is exact.
 * NULL: not wanted. */
static void store(struct sc_enclosure *results, int32_t first, int32_t count, int32_t width,
                  const float *sums, float scale, enum sc_format format)
{
    for (int64_t n = 0; results != NULL && n < (int64_t)count * width; n++) {
        results[(int64_t)first * width + n] = exactly(to_format(format, scale * sums[n]));
    }
}

static enum sc_status rows(void *opaque, int32_t b, int32_t h, const int32_t *list, int32_t count,
                           const struct sc_row_enclosures *wanted, struct sc_error *error)
{
    const struct state *state = opaque;
    const struct sc_problem *problem = state->problem;
    const int32_t n_k = sc_problem_keys(problem, b);
    struct walk walk = {.state = state,
                        .by_rows = true,
                        .by_value = wanted->o != NULL,
                        .by_score = wanted->d_q != NULL,
                        .b = b,
                        .h = h,
                        .g = sc_problem_group_head(problem, h)};
    enum sc_status status = sc_environment_check(error);
    if (status != SC_OK) {
        return status;
    }
    status = walk_create(&walk, count, error);
    for (int32_t first = 0; status == SC_OK && first < count; first += walk.count) {
        struct sc_enclosure *p = wanted->p == NULL ? NULL : wanted->p + (int64_t)first * n_k;
        begin_lines(&walk, list + first, count - first);
        for (int64_t n = 0; p != NULL && n < (int64_t)walk.count * n_k; n++) {
            p[n] = exactly(0.0f);
        }
        walk_tiles(&walk, n_k, state->schedule.split_keys, p);
        close_part(&walk);
        store(wanted->o, first, walk.count, problem->d_v, walk.sum_value, 1.0f,
              problem->format_out);
        store(wanted->d_q, first, walk.count, problem->d, walk.sum_score, problem->tau,
              problem->format_in);
    }
    walk_destroy(&walk);
    return status;
}

static enum sc_status keys(void *opaque, int32_t b, int32_t g, const int32_t *list, int32_t count,
                           const struct sc_key_enclosures *wanted, struct sc_error *error)
{
    const struct state *state = opaque;
    const struct sc_problem *problem = state->problem;
    const int32_t group = problem->heads_q / problem->heads_kv;
    struct walk walk = {.state = state,
                        .by_value = wanted->d_v != NULL,
                        .by_score = wanted->d_k != NULL,
                        .b = b,
                        .g = g};
    enum sc_status status = sc_environment_check(error);
    if (status != SC_OK) {
        return status;
    }
    status = walk_create(&walk, count, error);
    for (int32_t first = 0; status == SC_OK && first < count; first += walk.count) {
        begin_lines(&walk, list + first, count - first);
        for (walk.h = g * group; walk.h < (g + 1) * group; walk.h++) {
            walk_tiles(&walk, sc_problem_rows(problem, b), 0, NULL);
        }
        close_part(&walk);
        store(wanted->d_v, first, walk.count, problem->d_v, walk.sum_value, 1.0f,
              problem->format_in);
        store(wanted->d_k, first, walk.count, problem->d, walk.sum_score, problem->tau,
              problem->format_in);
    }
    walk_destroy(&walk);
    return status;
}

static enum sc_status bias(void *state, int32_t b, int32_t h, struct sc_enclosure *d_b,
                           struct sc_error *error)
{
    (void)state;
    (void)b;
    (void)h;
    (void)d_b;
    return sc_fail(error, SC_E_UNAVAILABLE,
                   "schedule: db is not predicted, its order of summation is not declared");
}

const struct sc_oracle_tier sc_tier_schedule = {"schedule", create, destroy, rows, keys, bias};
