/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_FUZZ_CHANGE_H
#define SC_FUZZ_CHANGE_H

#include "fuzz/generate.h"
#include "reference/random.h"

#include <stdint.h>

/* A change of one number of a case, for whoever climbs: single bits, signs, the value of another element, exponents, 0
 * and 1, and, half of the time, the low bits, which is where a rounding is decided. */
enum sc_change_subject {
    SC_CHANGE_Q, /* an element: in the order of enum sc_tensor */
    SC_CHANGE_K,
    SC_CHANGE_V,
    SC_CHANGE_D_O,
    SC_CHANGE_TAU,
    SC_CHANGE_BIAS,  /* the first one */
    SC_CHANGE_SLOPE, /* likewise */
    SC_CHANGE_OTHER  /* no number: whatever else there is to be changed */
};

struct sc_change {
    enum sc_change_subject subject;
    float *number;   /* of the case; NULL for OTHER */
    int64_t element; /* of a tensor: its place there */
    float after; /* finite, of the input format or fp32; what it was where no change comes of it */
};

/* Draws a change, and makes none: one in 16 is OTHER, one in 8 of tau, b or a slope, which stay or become positive but
 * for b. An element that is not finite, which is what nobody may read, is left alone.
 *   c  d_o may be NULL */
struct sc_change sc_change_draw(struct sc_case *c, struct sc_random *random);

#endif
