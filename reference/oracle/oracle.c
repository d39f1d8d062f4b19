/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/oracle.h"

#include "reference/oracle/arb_score.h"
#include "reference/oracle/audit.h"
#include "reference/oracle/special.h"
#include "reference/oracle/visible.h"

#include <math.h>
#include <stdlib.h>

#define LEVELS_MAX 8

/* The row or key that was refined last. */
struct refined {
    struct sc_oracle_element element; /* channel 0 */
    int32_t level;
    struct sc_enclosure *results; /* of its channels; NULL: none yet */
};

struct sc_oracle {
    const struct sc_problem *problem;
    struct sc_oracle_options options;
    struct sc_special *special;
    const struct sc_oracle_tier *tier;
    void *state;
    int32_t levels; /* of ball arithmetic */
    int32_t precisions[LEVELS_MAX];
    void *balls[LEVELS_MAX]; /* a state of each, made when it is needed */
    struct refined refined;
    int64_t audited;
};

const struct sc_oracle_tier *sc_oracle_tier_of(enum sc_oracle_choice choice)
{
    switch (choice) {
    case SC_ORACLE_ARB:
        return &sc_tier_arb;
    case SC_ORACLE_INTEGER:
        return &sc_tier_integer;
    case SC_ORACLE_SCHEDULE:
        return &sc_tier_schedule;
    case SC_ORACLE_AUTO:
    case SC_ORACLE_FP64:
    case SC_ORACLE_CHOICES:
        break;
    }
    return &sc_tier_fp64;
}

/* The precisions of refinement: each at least twice the one before, exact from the second on. */
static void set_levels(struct sc_oracle *oracle)
{
    int32_t precision = oracle->options.precision;

    while (precision < SC_ORACLE_PRECISION_MAX) {
        oracle->precisions[oracle->levels++] = precision;
        precision = 2 * precision < SC_ARB_EXACT_BITS ? SC_ARB_EXACT_BITS : 2 * precision;
    }
    oracle->precisions[oracle->levels++] = SC_ORACLE_PRECISION_MAX;
}

static enum sc_status create_state(const struct sc_oracle *oracle,
                                   const struct sc_oracle_tier *tier,
                                   const struct sc_oracle_values *values, int32_t precision,
                                   void **state, struct sc_error *error)
{
    const struct sc_tier_options options = {precision, oracle->options.threads,
                                            oracle->options.schedule};

    return tier->create(oracle->problem, values, &options, state, error);
}

enum sc_status sc_oracle_create(const struct sc_problem *problem,
                                const struct sc_oracle_values *values,
                                const struct sc_oracle_options *options, struct sc_oracle **created,
                                struct sc_error *error)
{
    if (options->precision < SC_ORACLE_PRECISION_MIN ||
        options->precision > SC_ORACLE_PRECISION_MAX) {
        return sc_fail(error, SC_E_INPUT, "oracle: precision %d bits, expected %d to %d",
                       options->precision, SC_ORACLE_PRECISION_MIN, SC_ORACLE_PRECISION_MAX);
    }
    if (options->threads < 1) {
        return sc_fail(error, SC_E_INPUT, "oracle: %d threads, expected 1 or more",
                       options->threads);
    }
    struct sc_oracle *oracle = calloc(1, sizeof *oracle);
    if (oracle == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory");
    }
    oracle->problem = problem;
    oracle->options = *options;
    oracle->tier = sc_oracle_tier_of(options->choice);
    set_levels(oracle);
    enum sc_status status = sc_special_create(problem, values, &oracle->special, error);
    if (status == SC_OK) {
        /* A kernel's NaN and infinities can be predicted. */
        status = create_state(
            oracle, oracle->tier,
            options->choice == SC_ORACLE_SCHEDULE ? values : sc_special_finite(oracle->special),
            options->precision, &oracle->state, error);
    }
    if (status != SC_OK) {
        sc_oracle_destroy(oracle);
        return status;
    }
    *created = oracle;
    return SC_OK;
}

void sc_oracle_destroy(struct sc_oracle *oracle)
{
    if (oracle == NULL) {
        return;
    }
    for (int32_t n = 0; n < oracle->levels; n++) {
        sc_tier_arb.destroy(oracle->balls[n]);
    }
    oracle->tier->destroy(oracle->state);
    sc_special_destroy(oracle->special);
    free(oracle->refined.results);
    free(oracle);
}

/* The state of ball arithmetic of a level. */
static enum sc_status use_balls(struct sc_oracle *oracle, int32_t level, struct sc_error *error)
{
    if (oracle->balls[level] != NULL) {
        return SC_OK;
    }
    return create_state(oracle, &sc_tier_arb, sc_special_finite(oracle->special),
                        oracle->precisions[level], &oracle->balls[level], error);
}

static enum sc_status check_head(const struct sc_oracle *oracle, int32_t b, int32_t head,
                                 int32_t heads, bool gradient, struct sc_error *error)
{
    if (b < 0 || b >= oracle->problem->batch || head < 0 || head >= heads) {
        return sc_fail(error, SC_E_INPUT,
                       "oracle: no head (sequence %d, head %d), expected one of the problem", b,
                       head);
    }
    if (gradient && sc_special_finite(oracle->special)->d_o == NULL) {
        return sc_fail(error, SC_E_INPUT, "oracle: a gradient, expected dO for it");
    }
    return SC_OK;
}

static enum sc_status check_list(const int32_t *list, int32_t count, int32_t end, const char *what,
                                 struct sc_error *error)
{
    for (int32_t n = 0; n < count; n++) {
        if (list[n] < 0 || list[n] >= end) {
            return sc_fail(error, SC_E_INPUT, "oracle: no %s %d, expected 0 to %d", what, list[n],
                           end - 1);
        }
    }
    return SC_OK;
}

enum sc_status sc_oracle_rows(struct sc_oracle *oracle, int32_t b, int32_t h, const int32_t *list,
                              int32_t count, const struct sc_row_enclosures *wanted, bool *empty,
                              struct sc_error *error)
{
    const struct sc_problem *p = oracle->problem;
    enum sc_status status = check_head(oracle, b, h, p->heads_q, wanted->d_q != NULL, error);

    if (status == SC_OK) {
        status = check_list(list, count, sc_problem_rows(p, b), "row", error);
    }
    if (status == SC_OK) {
        status = oracle->tier->rows(oracle->state, b, h, list, count, wanted, error);
    }
    if (status == SC_OK && oracle->options.choice == SC_ORACLE_AUTO) {
        status = use_balls(oracle, 0, error);
        if (status == SC_OK) {
            status = sc_audit_rows(p, oracle->balls[0], b, h, list, count, wanted, &oracle->audited,
                                   error);
        }
    }
    if (status != SC_OK) {
        return status;
    }
    if (oracle->options.choice != SC_ORACLE_SCHEDULE) {
        sc_special_rows(oracle->special, b, h, list, count, wanted);
    }
    for (int32_t r = 0; empty != NULL && r < count; r++) {
        empty[r] = !sc_visible_row(p, b, h, list[r]);
    }
    return SC_OK;
}

enum sc_status sc_oracle_keys(struct sc_oracle *oracle, int32_t b, int32_t g, const int32_t *list,
                              int32_t count, const struct sc_key_enclosures *wanted, bool *empty,
                              struct sc_error *error)
{
    const struct sc_problem *p = oracle->problem;
    enum sc_status status = check_head(oracle, b, g, p->heads_kv, true, error);

    if (status == SC_OK) {
        status = check_list(list, count, sc_problem_keys(p, b), "key", error);
    }
    if (status == SC_OK) {
        status = oracle->tier->keys(oracle->state, b, g, list, count, wanted, error);
    }
    if (status == SC_OK && oracle->options.choice == SC_ORACLE_AUTO) {
        status = use_balls(oracle, 0, error);
        if (status == SC_OK) {
            status = sc_audit_keys(p, oracle->balls[0], b, g, list, count, wanted, &oracle->audited,
                                   error);
        }
    }
    if (status != SC_OK) {
        return status;
    }
    if (oracle->options.choice != SC_ORACLE_SCHEDULE) {
        sc_special_keys(oracle->special, b, g, list, count, wanted);
    }
    for (int32_t n = 0; empty != NULL && n < count; n++) {
        empty[n] = !sc_visible_key(p, b, g, list[n]);
    }
    return SC_OK;
}

enum sc_status sc_oracle_bias(struct sc_oracle *oracle, int32_t b, int32_t h,
                              struct sc_enclosure *d_b, bool *empty, struct sc_error *error)
{
    enum sc_status status = check_head(oracle, b, h, oracle->problem->heads_q, true, error);

    if (status == SC_OK) {
        status = oracle->tier->bias(oracle->state, b, h, d_b, error);
    }
    if (status != SC_OK) {
        return status;
    }
    if (oracle->options.choice != SC_ORACLE_SCHEDULE && sc_special_bias(oracle->special, b, h)) {
        *d_b = (struct sc_enclosure){-HUGE_VAL, HUGE_VAL};
    }
    if (empty != NULL) {
        *empty = !sc_visible_head(oracle->problem, b, h);
    }
    return SC_OK;
}

enum sc_oracle_class sc_oracle_classify(struct sc_enclosure exact, bool empty)
{
    if (empty) {
        return SC_ORACLE_EMPTY;
    }
    return exact.lo == -HUGE_VAL ? SC_ORACLE_UNDEFINED : SC_ORACLE_FINITE;
}

struct sc_oracle_source sc_oracle_first_source(const struct sc_oracle *oracle)
{
    const int32_t bits = oracle->tier == &sc_tier_fp64  ? 53
                         : oracle->tier == &sc_tier_arb ? oracle->options.precision
                                                        : 0;

    return (struct sc_oracle_source){oracle->tier->name, bits};
}

int64_t sc_oracle_audited(const struct sc_oracle *oracle)
{
    return oracle->audited;
}

int32_t sc_oracle_channels(const struct sc_problem *p, enum sc_oracle_output output, int32_t b)
{
    switch (output) {
    case SC_ORACLE_P:
        return sc_problem_keys(p, b);
    case SC_ORACLE_O:
    case SC_ORACLE_D_V:
        return p->d_v;
    case SC_ORACLE_D_Q:
    case SC_ORACLE_D_K:
        return p->d;
    case SC_ORACLE_D_B:
        break;
    }
    return 1;
}

/* The results of an element's row or key at a level, with ball arithmetic. */
static enum sc_status compute(struct sc_oracle *oracle, const struct sc_oracle_element *x,
                              int32_t level, struct sc_enclosure *results, struct sc_error *error)
{
    const bool of_p = x->output == SC_ORACLE_P, of_o = x->output == SC_ORACLE_O;
    const bool of_k = x->output == SC_ORACLE_D_K, of_v = x->output == SC_ORACLE_D_V;
    const struct sc_row_enclosures rows = {of_p ? results : NULL, of_o ? results : NULL,
                                           of_p || of_o ? NULL : results};
    const struct sc_key_enclosures keys = {of_k ? results : NULL, of_v ? results : NULL};
    enum sc_status status = use_balls(oracle, level, error);

    if (status != SC_OK) {
        return status;
    }
    if (x->output == SC_ORACLE_D_B) {
        return sc_tier_arb.bias(oracle->balls[level], x->b, x->head, results, error);
    }
    if (of_k || of_v) {
        return sc_tier_arb.keys(oracle->balls[level], x->b, x->head, &x->index, 1, &keys, error);
    }
    return sc_tier_arb.rows(oracle->balls[level], x->b, x->head, &x->index, 1, &rows, error);
}

static bool same_entry(const struct sc_oracle_element *x, const struct sc_oracle_element *y)
{
    return x->output == y->output && x->b == y->b && x->head == y->head && x->index == y->index;
}

/* The element at a level, through what is kept. */
static enum sc_status refine(struct sc_oracle *oracle, const struct sc_oracle_element *element,
                             int32_t level, struct sc_enclosure *exact, struct sc_error *error)
{
    struct refined *const kept = &oracle->refined;

    if (kept->results == NULL || kept->level != level || !same_entry(&kept->element, element)) {
        free(kept->results);
        kept->results =
            calloc((size_t)sc_oracle_channels(oracle->problem, element->output, element->b),
                   sizeof *kept->results);
        if (kept->results == NULL) {
            return sc_fail(error, SC_E_MEMORY, "oracle: no memory for a row");
        }
        const enum sc_status status = compute(oracle, element, level, kept->results, error);
        if (status != SC_OK) {
            free(kept->results);
            kept->results = NULL;
            return status;
        }
        kept->element = *element;
        kept->level = level;
    }
    *exact = kept->results[element->channel];
    return SC_OK;
}

enum sc_status sc_oracle_decide(struct sc_oracle *oracle, const struct sc_oracle_element *element,
                                sc_oracle_decided *question, const void *context,
                                struct sc_enclosure *exact, struct sc_oracle_source *source,
                                bool *decided, struct sc_error *error)
{
    const int32_t levels = oracle->options.choice == SC_ORACLE_AUTO ? oracle->levels : 0;

    *decided = question(context, *exact);
    for (int32_t level = 0; level < levels && !*decided; level++) {
        const enum sc_status status = refine(oracle, element, level, exact, error);
        if (status != SC_OK) {
            return status;
        }
        *source = (struct sc_oracle_source){sc_tier_arb.name, oracle->precisions[level]};
        *decided = question(context, *exact);
    }
    return SC_OK;
}
