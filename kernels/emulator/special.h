/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_KERNELS_EMULATOR_SPECIAL_H
#define SC_KERNELS_EMULATOR_SPECIAL_H

#include <stdint.h>

/* Special functions as a device may compute them: any value within the limits that
 * kernels/primitives/special.h states, chosen by a function of the setting and the argument alone, so
 * that whoever knows the setting can predict a kernel. */

enum sc_emulator_special_mode {
    SC_EMULATOR_NEAREST, /* the exact value, rounded to nearest */
    SC_EMULATOR_DRAWN, /* any of the fp32 values within the limit, by a hash of seed and argument */
    SC_EMULATOR_LOWEST, /* the least fp32 value within the limit */
    SC_EMULATOR_HIGHEST /* the greatest */
};

struct sc_emulator_special {
    enum sc_emulator_special_mode mode;
    uint64_t seed; /* of SC_EMULATOR_DRAWN */
};

/* 2^x, 1 / x and tanh x of sc_special_exp2, sc_special_reciprocal and sc_special_tanh under a setting:
 * within the limits there, subnormal arguments and results flushed to a zero of their sign. Without
 * choice in any mode: 2^+-0 = 1, 2^x = 0 below -126 and +Inf from 128 on; 1 / x at powers of two, +-Inf
 * at +-0, +-0 above 2^126 in size; tanh +-0 = +-0, tanh +-Inf = +-1. |tanh| is at most 1. A NaN gives the
 * NaN 0x7fffffff. "Nearest" is that of binary64 results of libm: a tie within 2^-52 may fall either way. */
float sc_emulator_exp2(const struct sc_emulator_special *special, float x);
float sc_emulator_reciprocal(const struct sc_emulator_special *special, float x);
float sc_emulator_tanh(const struct sc_emulator_special *special, float x);

#endif
