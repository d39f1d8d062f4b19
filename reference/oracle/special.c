/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/special.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One tensor: which of its rows hold a value that is not finite. */
struct tensor {
    const float *values; /* as given */
    float *copy;         /* NULL: all finite */
    bool *bad;           /* by row_index; NULL with copy */
    int32_t heads, rows, width;
};

struct sc_special {
    const struct sc_problem *problem;
    struct tensor q, k, v, d_o;
    struct sc_oracle_values finite;
};

static bool all_finite(const float *x, int32_t count)
{
    for (int32_t c = 0; c < count; c++) {
        if (!isfinite(x[c])) {
            return false;
        }
    }
    return true;
}

static int64_t row_index(const struct tensor *x, int32_t entry, int32_t head, int32_t row)
{
    return ((int64_t)entry * x->heads + head) * x->rows + row;
}

/* Replaces what is not finite in one row of the copy. */
static void clean(float *x, int32_t count)
{
    for (int32_t c = 0; c < count; c++) {
        x[c] = isfinite(x[c]) ? x[c] : 0.0f;
    }
}

static bool copy_tensor(struct tensor *x, const struct sc_layout *layout, int32_t entries)
{
    const size_t rows = (size_t)entries * (size_t)x->heads * (size_t)x->rows;

    x->copy = malloc((size_t)layout->size * sizeof *x->copy + 1);
    x->bad = calloc(rows + 1, sizeof *x->bad);
    if (x->copy == NULL || x->bad == NULL) {
        return false;
    }
    memcpy(x->copy, x->values, (size_t)layout->size * sizeof *x->copy);
    return true;
}

/* Looks through a tensor and copies it at the first row that is not finite. False: no memory. */
static bool scan(struct tensor *x, const struct sc_layout *layout, int32_t entries)
{
    for (int32_t e = 0; x->values != NULL && e < entries; e++) {
        for (int32_t h = 0; h < x->heads; h++) {
            for (int32_t r = 0; r < x->rows; r++) {
                const int64_t at =
                    sc_layout_row(layout, e, h, r, entries, x->heads, x->rows, x->width);
                if (all_finite(x->values + at, x->width)) {
                    continue;
                }
                if (x->copy == NULL && !copy_tensor(x, layout, entries)) {
                    return false;
                }
                x->bad[row_index(x, e, h, r)] = true;
                clean(x->copy + at, x->width);
            }
        }
    }
    return true;
}

static const float *finite(const struct tensor *x)
{
    return x->copy != NULL ? x->copy : x->values;
}

enum sc_status sc_special_create(const struct sc_problem *problem,
                                 const struct sc_oracle_values *values, struct sc_special **created,
                                 struct sc_error *error)
{
    const struct sc_problem *p = problem;
    const int32_t entries = sc_problem_tensor_batch(p);
    struct sc_special *special = calloc(1, sizeof *special);

    if (special == NULL) {
        return sc_fail(error, SC_E_MEMORY, "oracle: no memory");
    }
    special->problem = p;
    special->q = (struct tensor){values->q, NULL, NULL, p->heads_q, p->n_q, p->d};
    special->k = (struct tensor){values->k, NULL, NULL, p->heads_kv, p->n_k, p->d};
    special->v = (struct tensor){values->v, NULL, NULL, p->heads_kv, p->n_k, p->d_v};
    special->d_o = (struct tensor){values->d_o, NULL, NULL, p->heads_q, p->n_q, p->d_v};
    if (!scan(&special->q, &p->q, entries) || !scan(&special->k, &p->k, entries) ||
        !scan(&special->v, &p->v, entries) || !scan(&special->d_o, &p->o, entries)) {
        sc_special_destroy(special);
        return sc_fail(error, SC_E_MEMORY,
                       "oracle: no memory to replace values that are not finite");
    }
    special->finite = (struct sc_oracle_values){finite(&special->q), finite(&special->k),
                                                finite(&special->v), finite(&special->d_o)};
    *created = special;
    return SC_OK;
}

void sc_special_destroy(struct sc_special *special)
{
    if (special == NULL) {
        return;
    }
    struct tensor *const tensors[] = {&special->q, &special->k, &special->v, &special->d_o};
    for (size_t n = 0; n < sizeof tensors / sizeof tensors[0]; n++) {
        free(tensors[n]->copy);
        free(tensors[n]->bad);
    }
    free(special);
}

const struct sc_oracle_values *sc_special_finite(const struct sc_special *special)
{
    return &special->finite;
}

static bool any(const struct sc_special *x)
{
    return x->q.copy != NULL || x->k.copy != NULL || x->v.copy != NULL || x->d_o.copy != NULL;
}

/* Rows of Q and dO, keys of K and V, within sequence b. */
static bool bad_row(const struct sc_special *x, const struct tensor *tensor, int32_t b, int32_t h,
                    int32_t i)
{
    const struct sc_problem *p = x->problem;

    return tensor->bad != NULL &&
           tensor
               ->bad[row_index(tensor, sc_problem_entry(p, b), h, sc_problem_first_row(p, b) + i)];
}

static bool bad_key(const struct sc_special *x, const struct tensor *tensor, int32_t b, int32_t g,
                    int32_t j)
{
    const struct sc_problem *p = x->problem;

    return tensor->bad != NULL &&
           tensor
               ->bad[row_index(tensor, sc_problem_entry(p, b), g, sc_problem_first_key(p, b) + j)];
}

static void undefine(struct sc_enclosure *results, int32_t count)
{
    for (int32_t c = 0; results != NULL && c < count; c++) {
        results[c] = (struct sc_enclosure){-HUGE_VAL, HUGE_VAL};
    }
}

/* Undefines the channels where `values` is not finite. */
static void undefine_channels(struct sc_enclosure *results, const float *values, int32_t count)
{
    for (int32_t c = 0; results != NULL && c < count; c++) {
        if (!isfinite(values[c])) {
            undefine(results + c, 1);
        }
    }
}

/* Whether some visible pair of row i has a value that is not finite on either side. */
static bool bad_pair(const struct sc_special *x, int32_t b, int32_t h, int32_t i)
{
    const struct sc_problem *p = x->problem;
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const int32_t end = sc_mask_key_end(i, n_q, n_k, p->left, p->right);
    const int32_t g = sc_problem_group_head(p, h);
    const bool row = bad_row(x, &x->q, b, h, i) || bad_row(x, &x->d_o, b, h, i);

    for (int32_t j = sc_mask_key_begin(i, n_q, n_k, p->left, p->right); j < end; j++) {
        if ((row || bad_key(x, &x->k, b, g, j) || bad_key(x, &x->v, b, g, j)) &&
            sc_problem_visible(p, b, h, i, j)) {
            return true;
        }
    }
    return false;
}

/* P and O of row i. */
static void undefine_row(const struct sc_special *x, int32_t b, int32_t h, int32_t i,
                         struct sc_enclosure *p_row, struct sc_enclosure *o)
{
    const struct sc_problem *p = x->problem;
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const int32_t end = sc_mask_key_end(i, n_q, n_k, p->left, p->right);
    const int32_t g = sc_problem_group_head(p, h);
    const bool q = bad_row(x, &x->q, b, h, i);

    for (int32_t j = sc_mask_key_begin(i, n_q, n_k, p->left, p->right); j < end; j++) {
        const bool k = bad_key(x, &x->k, b, g, j), v = bad_key(x, &x->v, b, g, j);
        if (!(q || k || v) || !sc_problem_visible(p, b, h, i, j)) {
            continue;
        }
        if (q || k) {
            undefine(p_row == NULL ? NULL : p_row + j, 1);
            undefine(o, p->d_v);
        }
        if (v) {
            undefine_channels(o, x->v.values + sc_problem_v_row(p, b, g, j), p->d_v);
        }
    }
}

void sc_special_rows(const struct sc_special *special, int32_t b, int32_t h, const int32_t *rows,
                     int32_t count, const struct sc_row_enclosures *wanted)
{
    const struct sc_problem *p = special->problem;
    const int64_t n_k = sc_problem_keys(p, b);

    for (int64_t r = 0; any(special) && r < count; r++) {
        undefine_row(special, b, h, rows[r], wanted->p == NULL ? NULL : wanted->p + r * n_k,
                     wanted->o == NULL ? NULL : wanted->o + r * p->d_v);
        if (wanted->d_q != NULL && bad_pair(special, b, h, rows[r])) {
            undefine(wanted->d_q + r * p->d, p->d);
        }
    }
}

static void undefine_key(const struct sc_special *x, int32_t b, int32_t g, int32_t j,
                         struct sc_enclosure *d_k, struct sc_enclosure *d_v)
{
    const struct sc_problem *p = x->problem;
    const int32_t n_q = sc_problem_rows(p, b), n_k = sc_problem_keys(p, b);
    const int32_t begin = sc_mask_row_begin(j, n_q, n_k, p->left, p->right);
    const int32_t end = sc_mask_row_end(j, n_q, n_k, p->left, p->right);
    const int32_t group = p->heads_q / p->heads_kv;
    const bool k = bad_key(x, &x->k, b, g, j), v = bad_key(x, &x->v, b, g, j);

    for (int32_t h = g * group; h < (g + 1) * group; h++) {
        for (int32_t i = begin; i < end; i++) {
            const bool q = bad_row(x, &x->q, b, h, i), d_o = bad_row(x, &x->d_o, b, h, i);
            if (!(q || d_o || k || v) || !sc_problem_visible(p, b, h, i, j)) {
                continue;
            }
            if (q || k) {
                undefine(d_v, p->d_v);
            }
            if (d_o) {
                undefine_channels(d_v, x->d_o.values + sc_problem_o_row(p, b, h, i), p->d_v);
            }
            undefine(d_k, p->d);
        }
    }
}

void sc_special_keys(const struct sc_special *special, int32_t b, int32_t g, const int32_t *keys,
                     int32_t count, const struct sc_key_enclosures *wanted)
{
    const struct sc_problem *p = special->problem;

    for (int64_t n = 0; any(special) && n < count; n++) {
        undefine_key(special, b, g, keys[n], wanted->d_k == NULL ? NULL : wanted->d_k + n * p->d,
                     wanted->d_v == NULL ? NULL : wanted->d_v + n * p->d_v);
    }
}

bool sc_special_bias(const struct sc_special *special, int32_t b, int32_t h)
{
    const int32_t rows = any(special) ? sc_problem_rows(special->problem, b) : 0;

    for (int32_t i = 0; i < rows; i++) {
        if (bad_pair(special, b, h, i)) {
            return true;
        }
    }
    return false;
}
