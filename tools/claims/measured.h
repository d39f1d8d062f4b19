/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SC_TOOLS_CLAIMS_MEASURED_H
#define SC_TOOLS_CLAIMS_MEASURED_H

#include <stdint.h>

/* The relative error of 0.5 + 0.5 tanh(S / 2) at S = -log n rounded to fp32, where tanh and the sum are rounded to fp32
 * correctly: what the form costs without any error of the device's tanh. n in [2, 2^24]; MPFR, 300 bits. */
double sc_measured_rounded_tanh(int32_t n);

#endif
