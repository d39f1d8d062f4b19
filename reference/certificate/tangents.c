/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/certificate/tangents.h"

#include "reference/certificate/rows.h"
#include "reference/certificate/share.h"

#include <stdlib.h>

static int64_t place(const struct sc_tangents *x, int32_t h, int32_t i)
{
    const struct sc_subject *s = x->subject;

    return (x->moving ? (int64_t)h * s->tokens + i : h) * s->d * s->width;
}

const struct sc_rounded *sc_tangents_q(const struct sc_tangents *tangents, int32_t h, int32_t i)
{
    return tangents->q + place(tangents, h, i);
}

const struct sc_rounded *sc_tangents_k(const struct sc_tangents *tangents, int32_t h, int32_t i)
{
    return tangents->k + place(tangents, h, i);
}

/* The tangents of one row: w is [d][width] and beta [d] of the head, NULL for 0; `raw` and `row` have room for d. */
static void differentiate(const struct sc_subject *s, int32_t i, const double *w,
                          const double *beta, const double *gain, struct sc_dual *raw,
                          struct sc_dual *row, struct sc_rounded *result)
{
    const double *x = s->x + (int64_t)i * s->width;

    for (int32_t a = 0; a < s->d; a++) {
        sc_dual_set_d(raw + a, beta == NULL ? 0.0 : beta[a]);
        for (int32_t b = 0; b < s->width; b++) {
            sc_interval_add_product_d(&raw[a].value, w[(int64_t)a * s->width + b], x[b]);
        }
    }
    for (int32_t b = 0; b < s->width; b++) {
        for (int32_t a = 0; a < s->d; a++) {
            sc_dual_set(row + a, raw + a);
            sc_interval_set_d(&row[a].slope, w[(int64_t)a * s->width + b]);
        }
        sc_rows_pass(s, gain, i, row);
        for (int32_t a = 0; a < s->d; a++) {
            result[(int64_t)a * s->width + b] = sc_rounded_interval(&row[a].slope);
        }
    }
}

static bool differentiate_part(void *context, int32_t part, int32_t parts)
{
    const struct sc_tangents *my = context;
    const struct sc_subject *s = my->subject;
    struct sc_dual *raw = sc_dual_create(s->d), *row = sc_dual_create(s->d);
    const bool made = raw != NULL && row != NULL;
    struct sc_interval_state saved;

    sc_interval_begin(&saved);
    for (int32_t i = part; made && i < s->tokens; i += parts) {
        for (int32_t h = 0; h < s->heads; h++) {
            const int64_t at = (int64_t)h * s->d;
            differentiate(s, i, s->w_q + at * s->width, s->beta_q == NULL ? NULL : s->beta_q + at,
                          s->gain_q, raw, row, my->q + place(my, h, i));
            differentiate(s, i, s->w_k + at * s->width, s->beta_k == NULL ? NULL : s->beta_k + at,
                          s->gain_k, raw, row, my->k + place(my, h, i));
        }
    }
    free(raw);
    free(row);
    return sc_interval_end(&saved) && made;
}

enum sc_status sc_tangents_create(const struct sc_subject *subject, int32_t threads,
                                  struct sc_tangents *tangents, struct sc_error *error)
{
    const bool moving = subject->norm != SC_SUBJECT_NO_NORM || subject->rotation > 0.0;
    const size_t head = (size_t)subject->d * (size_t)subject->width;
    const size_t count = (size_t)subject->heads * head * (moving ? (size_t)subject->tokens : 1);

    *tangents = (struct sc_tangents){subject, moving, calloc(count, sizeof(struct sc_rounded)),
                                     calloc(count, sizeof(struct sc_rounded))};
    if (tangents->q == NULL || tangents->k == NULL) {
        return sc_fail(error, SC_E_MEMORY, "certificate: no memory for %zu derivatives", count);
    }
    for (size_t n = 0; !moving && n < count; n++) {
        tangents->q[n] = sc_rounded_exact(subject->w_q[n]);
        tangents->k[n] = sc_rounded_exact(subject->w_k[n]);
    }
    return !moving || sc_share_run(threads, differentiate_part, tangents)
               ? SC_OK
               : sc_fail(error, SC_E_UNAVAILABLE,
                         "certificate: a derivative of queries or keys is out of range");
}

void sc_tangents_destroy(struct sc_tangents *tangents)
{
    free(tangents->q);
    free(tangents->k);
    tangents->q = tangents->k = NULL;
}
