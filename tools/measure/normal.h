/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_MEASURE_NORMAL_H
#define SC_TOOLS_MEASURE_NORMAL_H

#include <stddef.h>
#include <stdint.h>

/* `count` values, about normal(0, 1) and independent (fuzz/philox.h), rounded to bf16. Symmetric: x is as likely as -x.
 * A function of seed and place: a longer draw begins with the shorter one. */
void sc_normal_bf16(uint64_t seed, uint16_t *bits, size_t count);

#endif
