/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_SPEC_ARITHMETIC_H
#define SC_SPEC_ARITHMETIC_H

#include "spec/schedule.h"

#include <stdbool.h>
#include <stdint.h>

/* What a kernel declares of its arithmetic, so that its errors can be bounded (reference/judge/kernel_bound.h)
 * though its bits cannot be predicted. It is the text of spec/schedule.h, less what is left open here. Zero in
 * every field after `activation` leaves nothing open but the activation. Plain data. As a line of text:
 * reference/judge/arithmetic_text.h. */

/* The error of an activation: |activation(s) - sigma(s)| <= relative sigma(s) + absolute for every
 * finite fp32 score s, `relative` being that of the first row with |s| < below. Rows ascend; the last one has
 * below = +Inf or is followed by a row of zeros, and then holds beyond too. */
#define SC_ACTIVATION_ROWS 32
struct sc_activation_error {
    struct {
        double below, relative;
    } rows[SC_ACTIVATION_ROWS];
    double absolute;
};

/* In which order the terms of a sum are taken, and which of them share a step. */
enum sc_order {
    SC_ORDER_DECLARED, /* as spec/schedule.h says */
    SC_ORDER_TILED, /* steps of at most `terms` terms, of a tile each; one accumulator goes through the steps of a
                          part. A part of the keys or rows is cut into tiles of `tile` consecutive indices that begin
                          anywhere, the first and the last one may be shorter; within a tile all steps but one
                          are full, of terms in any order. The channels of a score or of dP are one tile.
                          SC_CORE_FMA: as SC_ORDER_ANY */
    SC_ORDER_ANY /* steps of any terms; sums of steps are added in fp32 wherever there is more than one.
                          SC_CORE_FMA: any tree of fp32 additions, each product rounded or fused with an addition */
};

/* The format in which a part of a sum is stored, before the parts are added in fp32. */
enum sc_stored { SC_STORED_FP32, SC_STORED_BF16, SC_STORED_FP16 };

/* dK and dV of the query heads that read one key head. */
enum sc_group {
    SC_GROUP_JOINT, /* one sum, as spec/schedule.h says */
    SC_GROUP_HEADS /* a sum for each head, stored in group_format; these are added in fp32, in any order */
};

/* How dS = p (1 - p) dP is formed. */
enum sc_spread {
    SC_SPREAD_FUSED, /* fma(-p, p, p) times dP */
    SC_SPREAD_PRODUCTS /* 1 - p, and the products of the three factors in any order, each rounded to fp32 */
};

struct sc_kernel_arithmetic {
    struct sc_schedule schedule; /* its activation is not called, and may be NULL */
    const struct sc_activation_error *activation;
    enum sc_order order;
    int32_t tile,
        terms; /* of SC_ORDER_TILED: tile >= 1; terms in a step, 0: as many as the core takes */
    int32_t
        parts; /* of O and dQ: at most so many, of consecutive keys, cut anywhere; added in any order.
                                   0 and 1: those of schedule.split_keys. dQ is multiplied by tau before or after */
    enum sc_stored part_format; /* of the parts of O and dQ */
    enum sc_group group;
    enum sc_stored group_format; /* of SC_GROUP_HEADS; dK is multiplied by tau before or after */
    enum sc_spread spread;
    bool
        flush; /* any fp32 operation may take a subnormal operand or result as 0; a step of a tensor core keeps them */
    bool
        truncate; /* any rounding to a 16-bit format may be toward zero: P', dS', stored parts, outputs */
};

#endif
