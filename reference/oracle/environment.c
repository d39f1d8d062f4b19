/* SPDX-License-Identifier: Apache-2.0 */
#include "reference/oracle/environment.h"

#include <fenv.h>

enum sc_status sc_environment_check(struct sc_error *error)
{
    /* volatile: evaluated when called, not by the compiler */
    volatile float least_float = 0x1p-149f;
    volatile double least_double = 0x1p-1074;
    volatile double least_normal = 0x1p-1022;

    if (fegetround() != FE_TONEAREST) {
        return sc_fail(error, SC_E_UNAVAILABLE,
                       "floating point: another rounding mode is set, expected round to nearest");
    }
    if ((double)least_float != 0x1p-149 || least_double * 0x1p100 != 0x1p-974) {
        return sc_fail(error, SC_E_UNAVAILABLE,
                       "floating point: subnormal inputs are read as zero, expected IEEE 754 "
                       "(a library built with -ffast-math may have switched this on)");
    }
    if (least_normal * 0.5 != 0x1p-1023) {
        return sc_fail(error, SC_E_UNAVAILABLE,
                       "floating point: subnormal results are flushed to zero, expected IEEE 754 "
                       "(a library built with -ffast-math may have switched this on)");
    }
    return SC_OK;
}
