/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ENCLOSURE_H
#define SC_REFERENCE_ORACLE_ENCLOSURE_H

/* lo <= exact value <= hi; a zero is +0. */
struct sc_enclosure {
    double lo, hi;
};

/* An enclosure of a number that is known to lie in [0, 1], and does so itself. */
static inline struct sc_enclosure sc_enclosure_in_unit(struct sc_enclosure x)
{
    const struct sc_enclosure cut = {x.lo > 0.0 ? x.lo : 0.0, x.hi < 1.0 ? x.hi : 1.0};

    return cut;
}

#endif
