/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_TIER_H
#define SC_REFERENCE_ORACLE_TIER_H

#include "reference/oracle/enclosure.h"
#include "reference/status.h"
#include "spec/attention.h"
#include "spec/schedule.h"

#include <stdint.h>

/* One way to compute the results of a problem. All tiers have this interface and none shares arithmetic
 * with another, so that they can be held against each other; reference/oracle/oracle.h chooses between
 * them. Special values are not a tier's business: what is not finite is replaced before (special.h). */

/* The inputs, decoded to fp32 (exact for every format), in the problem's strides. Every row and key is
 * finite, masked ones too; gaps may hold anything. d_o is the gradient by O, in the layout of O; NULL if no gradient is asked for. */
struct sc_oracle_values {
    const float *q, *k, *v, *d_o;
};

struct sc_tier_options {
    int32_t precision; /* bits of every intermediate number, where the tier lets one choose */
    int32_t threads;   /* that a call may use, >= 1 */
    const struct sc_schedule *schedule; /* of the kernel, for a tier that predicts one; borrowed */
};

/* What is wanted of rows i of one (sequence, query head); NULL: not wanted. Row r of the list has its
 * elements from r times the width on.
 *   O_i = sum_j p_ij v_j, dQ_i = tau sum_j dS_ij k_j,  dS_ij = p_ij (1 - p_ij) <dO_i, v_j>
 * over the keys j that row i sees (spec/README.md). A row that sees none is [0, 0]. */
struct sc_row_enclosures {
    struct sc_enclosure
        *p; /* width: keys of the sequence; in [0, 1], 0 at a key that is not seen */
    struct sc_enclosure *o;   /* width d_v */
    struct sc_enclosure *d_q; /* width d */
};

/* What is wanted of keys j of one (sequence, key head); NULL: not wanted.
 *   dV_j = sum_i p_ij dO_i,  dK_j = tau sum_i dS_ij q_i
 * over the rows i that see key j, of all query heads of the group. A key that none sees is [0, 0]. */
struct sc_key_enclosures {
    struct sc_enclosure *d_k; /* width d */
    struct sc_enclosure *d_v; /* width d_v */
};

/* The functions take rows and keys that exist, in any order; out-of-range indices are a fault of the
 * caller, and so is a gradient that is wanted without d_o. Every enclosure is of the exact real number,
 * outward to doubles, finite, with zeros as +0; but for a tier that predicts a kernel: there it is the
 * one value lo = hi that the kernel's schedule gives, infinities and NaN included. One thread at a
 * time per state. SC_E_UNAVAILABLE: the floating-point environment is not the one the tier needs, or the
 * tier does not know this output; SC_E_MEMORY. Then what was wanted is unspecified. */
struct sc_oracle_tier {
    const char *name; /* as a user writes it and a verdict names it */
    /* problem (one that sc_problem_check accepts), values and what options points to are borrowed and
     * kept. SC_E_INPUT: an option that the tier needs and cannot take. *state is set on success. */
    enum sc_status (*create)(const struct sc_problem *problem,
                             const struct sc_oracle_values *values,
                             const struct sc_tier_options *options, void **state,
                             struct sc_error *error);
    void (*destroy)(void *state); /* NULL is allowed */
    enum sc_status (*rows)(void *state, int32_t b, int32_t h, const int32_t *rows, int32_t count,
                           const struct sc_row_enclosures *wanted, struct sc_error *error);
    enum sc_status (*keys)(void *state, int32_t b, int32_t g, const int32_t *keys, int32_t count,
                           const struct sc_key_enclosures *wanted, struct sc_error *error);
    /* db of (sequence b, query head h): the sum of dS_ij over its visible pairs. */
    enum sc_status (*bias)(void *state, int32_t b, int32_t h, struct sc_enclosure *d_b,
                           struct sc_error *error);
};

extern const struct sc_oracle_tier sc_tier_fp64;     /* T0: fp64 with a running error bound */
extern const struct sc_oracle_tier sc_tier_arb;      /* T1: ball arithmetic of chosen precision */
extern const struct sc_oracle_tier sc_tier_integer;  /* T2: exact integers and fixed point */
extern const struct sc_oracle_tier sc_tier_schedule; /* T3: a kernel with a declared schedule */

#endif
