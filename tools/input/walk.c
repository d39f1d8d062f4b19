/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/input/walk.h"

#include "reference/oracle/selection.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Rows or keys in one call of the oracle: enough for its threads, a second or so of work, and memory for
 * an enclosure of each channel. */
#define CHUNK_FAST 2048
#define CHUNK_SLOW 32
#define CHUNK_ROOM (1 << 22)

/* The walk through one head. */
struct head {
    const struct sc_input *input;
    struct sc_oracle *oracle;
    enum sc_oracle_output output;
    int32_t b, head;
    sc_walk_visit *visit;
    void *context;
    struct sc_enclosure *exact;
    bool *empty;
};

static bool of_keys(enum sc_oracle_output output)
{
    return output == SC_ORACLE_D_K || output == SC_ORACLE_D_V;
}

const char *sc_walk_entries(enum sc_oracle_output output)
{
    static const char *const names[] = {"rows", "rows", "rows", "keys", "keys", "heads"};

    return names[output];
}

int64_t sc_walk_place(const struct sc_problem *p, const struct sc_oracle_element *element)
{
    const int32_t b = element->b, head = element->head, index = element->index;

    switch (element->output) {
    case SC_ORACLE_P:
        return (((int64_t)sc_problem_entry(p, b) * p->heads_q + head) * p->n_q +
                (sc_problem_first_row(p, b) + index)) *
                   p->n_k +
               sc_problem_first_key(p, b);
    case SC_ORACLE_O:
        return sc_problem_o_row(p, b, head, index);
    case SC_ORACLE_D_Q:
        return sc_problem_q_row(p, b, head, index);
    case SC_ORACLE_D_K:
        return sc_problem_k_row(p, b, head, index);
    case SC_ORACLE_D_V:
        return sc_problem_v_row(p, b, head, index);
    case SC_ORACLE_D_B:
        break;
    }
    return (int64_t)b * p->heads_q + head;
}

enum sc_status sc_walk_oracle(const struct sc_input *input, struct sc_oracle **oracle,
                              struct sc_error *error)
{
    const struct sc_oracle_values values = {input->q, input->k, input->v, input->d_o};
    const struct sc_oracle_options options = {input->tier, input->precision, input->threads,
                                              &input->schedule};

    return sc_oracle_create(&input->problem, &values, &options, oracle, error);
}

static enum sc_status enclose(struct head *x, const int32_t *list, int32_t count,
                              struct sc_error *error)
{
    const struct sc_row_enclosures rows = {x->output == SC_ORACLE_P ? x->exact : NULL,
                                           x->output == SC_ORACLE_O ? x->exact : NULL,
                                           x->output == SC_ORACLE_D_Q ? x->exact : NULL};
    const struct sc_key_enclosures keys = {x->output == SC_ORACLE_D_K ? x->exact : NULL,
                                           x->output == SC_ORACLE_D_V ? x->exact : NULL};

    if (x->output == SC_ORACLE_D_B) {
        return sc_oracle_bias(x->oracle, x->b, x->head, x->exact, x->empty, error);
    }
    return of_keys(x->output)
               ? sc_oracle_keys(x->oracle, x->b, x->head, list, count, &keys, x->empty, error)
               : sc_oracle_rows(x->oracle, x->b, x->head, list, count, &rows, x->empty, error);
}

static enum sc_status visit_chunk(struct head *x, const int32_t *list, int32_t count,
                                  struct sc_error *error)
{
    const int32_t channels = sc_oracle_channels(&x->input->problem, x->output, x->b);
    enum sc_status status = enclose(x, list, count, error);

    for (int32_t n = 0; n < count && status == SC_OK; n++) {
        for (int32_t c = 0; c < channels && status == SC_OK; c++) {
            const struct sc_oracle_element element = {x->output, x->b, x->head, list[n], c};
            status = x->visit(x->context, x->oracle, &element, x->exact[(int64_t)n * channels + c],
                              x->empty[n], error);
        }
    }
    return status;
}

/* Entries of the head that are looked at; one for db. */
static enum sc_status select_entries(const struct head *x, int32_t **list, int32_t *count,
                                     struct sc_error *error)
{
    const struct sc_problem *p = &x->input->problem;
    const uint64_t seed = ((uint64_t)(uint32_t)x->b << 32) + (uint32_t)x->head;

    if (x->output == SC_ORACLE_D_B) {
        *count = 1;
        *list = calloc(1, sizeof **list);
        return *list == NULL ? sc_fail(error, SC_E_MEMORY, "oracle: no memory") : SC_OK;
    }
    return of_keys(x->output)
               ? sc_selection_keys(p, x->b, x->input->limit, seed, list, count, error)
               : sc_selection_rows(p, x->b, x->input->limit, seed, list, count, error);
}

static enum sc_status walk_head(struct head *x, int64_t *entries, struct sc_error *error)
{
    static const char *const names[] = {"P", "O", "dQ", "dK", "dV", "db"};
    const int shown = isatty(STDERR_FILENO);
    const int32_t channels = sc_oracle_channels(&x->input->problem, x->output, x->b);
    const int32_t room = CHUNK_ROOM / (channels + 1) + 1;
    const bool fast = x->input->tier == SC_ORACLE_AUTO || x->input->tier == SC_ORACLE_FP64;
    const int32_t most = fast ? CHUNK_FAST : CHUNK_SLOW;
    const int32_t step = room < most ? room : most;
    int32_t *list = NULL;
    int32_t count = 0;
    enum sc_status status = select_entries(x, &list, &count, error);

    x->exact = malloc((size_t)step * (size_t)channels * sizeof *x->exact + 1);
    x->empty = malloc((size_t)step * sizeof *x->empty);
    if (status == SC_OK && (x->exact == NULL || x->empty == NULL)) {
        status = sc_fail(error, SC_E_MEMORY, "oracle: no memory for %d rows", step);
    }
    for (int32_t first = 0; first < count && status == SC_OK; first += step) {
        if (shown) {
            (void)fprintf(stderr, "\r\033[Koracle: %s, sequence %d, head %d: %d of %d",
                          names[x->output], x->b, x->head, first, count);
        }
        status = visit_chunk(x, list + first, count - first < step ? count - first : step, error);
    }
    if (shown) {
        (void)fputs("\r\033[K", stderr);
    }
    *entries += count;
    free(x->empty);
    free(x->exact);
    free(list);
    return status;
}

enum sc_status sc_walk(const struct sc_input *input, struct sc_oracle *oracle,
                       enum sc_oracle_output output, sc_walk_visit *visit, void *context,
                       int64_t *entries, struct sc_error *error)
{
    const struct sc_problem *p = &input->problem;
    const int32_t heads = of_keys(output) ? p->heads_kv : p->heads_q;
    int64_t walked = 0;
    enum sc_status status = SC_OK;

    for (int32_t b = 0; b < p->batch && status == SC_OK; b++) {
        for (int32_t head = 0; head < heads && status == SC_OK; head++) {
            struct head x = {.input = input,
                             .oracle = oracle,
                             .output = output,
                             .b = b,
                             .head = head,
                             .visit = visit,
                             .context = context};
            status = walk_head(&x, &walked, error);
        }
    }
    if (entries != NULL) {
        *entries = walked;
    }
    return status;
}
