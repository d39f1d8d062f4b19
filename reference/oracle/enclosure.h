/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_REFERENCE_ORACLE_ENCLOSURE_H
#define SC_REFERENCE_ORACLE_ENCLOSURE_H

/* lo <= exact value <= hi; a zero is +0. */
struct sc_enclosure {
    double lo, hi;
};

#endif
